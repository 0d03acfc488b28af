#include "cli/log_lines.hpp"

#include <gtest/gtest.h>

namespace krane::cli {
namespace {

TEST(a_line_pattern, matches_as_grep_does_with_extended_expressions) {
  auto const pattern = line_pattern::parse("ERROR|WARN.*disk$");
  ASSERT_TRUE(pattern);
  EXPECT_TRUE(pattern->matches("12:00 ERROR: no"));
  EXPECT_TRUE(pattern->matches("WARN: little room on disk"));
  EXPECT_FALSE(pattern->matches("WARN: disk full"));
  EXPECT_FALSE(pattern->matches(""));
}

TEST(a_line_pattern, that_is_none_says_why) {
  auto const pattern = line_pattern::parse("a(b");
  ASSERT_FALSE(pattern);
  EXPECT_FALSE(pattern.error().message.empty());
}

TEST(a_line_pattern, bears_a_long_line) {
  auto const pattern = line_pattern::parse("(a|b)*c");
  ASSERT_TRUE(pattern);
  EXPECT_FALSE(pattern->matches(std::string(100'000, 'a')));
}

}  // namespace
}  // namespace krane::cli
