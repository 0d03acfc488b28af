#include "model/config_changes.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace krane {
namespace {

std::string changes(char const* before, char const* after) {
  std::string out;
  for (auto const& one : find_changes(boost::json::parse(before).as_object(), boost::json::parse(after).as_object()))
    out += one.key + ": " + (one.before ? boost::json::serialize(*one.before) : "none") + " -> " +
           (one.after ? boost::json::serialize(*one.after) : "none") + "\n";
  return out;
}

TEST(config_changes, of_nothing_to_something_are_all_that_is_said_and_the_tag_that_is_meant) {
  EXPECT_EQ(changes("{}", R"({"image":"web","hold":"5s"})"),
            "image: none -> \"web\"\nhold: none -> \"5s\"\ntag: none -> \"latest\"\n");
  EXPECT_EQ(changes("{}", "{}"), "");
}

TEST(config_changes, tell_a_number_from_a_text) {
  EXPECT_EQ(changes(R"({"image":"web","x":1})", R"({"image":"web","x":"1"})"), "x: 1 -> \"1\"\n");
}

TEST(config_changes, of_an_object_that_becomes_empty_name_what_went) {
  EXPECT_EQ(changes(R"({"image":"web","environment":{"A":"1"}})", R"({"image":"web"})"),
            "environment.A: \"1\" -> none\n");
}

}  // namespace
}  // namespace krane
