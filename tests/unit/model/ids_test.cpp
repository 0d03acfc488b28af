#include "model/ids.hpp"

#include <gtest/gtest.h>

#include <string>

namespace krane {
namespace {

TEST(parse_deployment_name, takes_lower_case_letters_digits_and_inner_hyphens) {
  for (auto const& good : {std::string("a"), std::string("0"), std::string("docker-to-node"), std::string("a_b"),
                           std::string("a--b"), std::string(63, 'a')}) {
    auto const name = parse_deployment_name(good);
    ASSERT_TRUE(name) << good;
    EXPECT_EQ(name->str(), good);
  }
}

TEST(parse_deployment_name, refuses_everything_else) {
  for (auto const& bad :
       {std::string(), std::string("-a"), std::string("a-"), std::string("_a"), std::string("a_"), std::string("A"),
        std::string("a.b"), std::string("a/b"), std::string("../a"), std::string("a b"), std::string("a\0", 2),
        std::string("ä"), std::string(64, 'a'), std::string(60'000, 'a')}) {
    auto const name = parse_deployment_name(bad);
    ASSERT_FALSE(name) << bad;
    EXPECT_EQ(name.error().code, errc::invalid);
  }
}

TEST(make_run_id, gives_eight_hex_digits_that_differ) {
  auto const one = make_run_id();
  EXPECT_EQ(one.str().size(), 8U);
  EXPECT_EQ(one.str().find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one, make_run_id());
}

}  // namespace
}  // namespace krane
