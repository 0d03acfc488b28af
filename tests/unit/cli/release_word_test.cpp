#include "cli/release_word.hpp"

#include <gtest/gtest.h>

#include "cli/failure.hpp"

namespace krane::cli {
namespace {

TEST(read_release, takes_a_number_with_and_without_its_sign) {
  EXPECT_EQ(*read_release("3"), 3u);
  EXPECT_EQ(*read_release("@12"), 12u);
}

TEST(read_release, refuses_everything_else_as_a_usage_error) {
  for (auto const* const wrong : {"", "@", "0", "@0", "-1", "v3", "3x", "@@3", "99999999999999999999"}) {
    auto const read = read_release(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(exit_code_of(read.error()), exit_code::usage) << wrong;
  }
}

TEST(read_named_release, takes_the_deployment_and_the_release_together_or_apart) {
  EXPECT_EQ(read_named_release("web")->deployment, "web");
  EXPECT_FALSE(read_named_release("web")->number);
  EXPECT_EQ(read_named_release("web@3")->deployment, "web");
  EXPECT_EQ(read_named_release("web@3")->number, 3u);
  EXPECT_EQ(read_named_release("web", "@3")->number, 3u);
  EXPECT_FALSE(read_named_release("web@3", "4"));
  EXPECT_FALSE(read_named_release("web@"));
}

}  // namespace
}  // namespace krane::cli
