#include "cli/output.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace krane::cli {
namespace {

TEST(pretty_json, is_indented_and_the_same_value) {
  auto const value = boost::json::parse(R"({"a":[1,{"b":"x\"y"}],"c":{},"d":[],"e":null})");
  auto const text = to_pretty_json(value);
  EXPECT_EQ(text,
            "{\n"
            "  \"a\": [\n"
            "    1,\n"
            "    {\n"
            "      \"b\": \"x\\\"y\"\n"
            "    }\n"
            "  ],\n"
            "  \"c\": {},\n"
            "  \"d\": [],\n"
            "  \"e\": null\n"
            "}\n");
  EXPECT_EQ(boost::json::parse(text), value);
  EXPECT_EQ(to_pretty_json(boost::json::array()), "[]\n");
}

}  // namespace
}  // namespace krane::cli
