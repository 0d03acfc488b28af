#include "base/scrubber.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

std::string cleaned(std::string text, std::vector<std::string> const& values) {
  return scrubbed(std::move(text), hidden_texts(values));
}

TEST(scrubber, every_place_of_a_known_value_is_hidden) {
  EXPECT_EQ(cleaned("hunter22 and hunter22hunter22.", {"hunter22"}), "*** and ******.");
}

TEST(scrubber, a_value_within_another_leaves_no_rest_of_it) {
  EXPECT_EQ(cleaned("x=secret-long y=secret", {"secret", "secret-long"}), "x=*** y=***");
}

TEST(scrubber, what_is_shorter_than_four_bytes_stays_since_it_would_be_everywhere) {
  EXPECT_EQ(cleaned("1 abc abcd", {"1", "abc", "abcd", ""}), "1 abc ***");
}

TEST(scrubber, the_lines_of_a_value_are_hidden_one_by_one_if_they_are_long_enough) {
  std::string const key = "-----BEGIN KEY-----\r\nMIIEvQIBADAN\nend\n";
  EXPECT_EQ(cleaned("read MIIEvQIBADAN, end", {key}), "read ***, end");
  EXPECT_EQ(cleaned("-----BEGIN KEY-----", {key}), "***");
  EXPECT_EQ(cleaned("all: " + key, {key}), "all: ***\n");
}

TEST(scrubber, a_line_end_at_the_end_is_no_part_of_what_is_looked_for) {
  EXPECT_EQ(cleaned("got hunter22", {"hunter22\n"}), "got ***");
}

TEST(scrubber, hides_in_all_parts_of_an_error_and_nothing_once_there_is_nothing_to_hide) {
  scrubber one;
  error const said{errc::invalid, "invalid", "hunter22 is wrong", {{"a.hunter22", "is hunter22"}}};
  EXPECT_FALSE(one.hides_anything());
  EXPECT_EQ(one.clean(said), said);
  one.hide({"hunter22"});
  EXPECT_TRUE(one.hides_anything());
  EXPECT_EQ(one.clean(said), (error{errc::invalid, "invalid", "*** is wrong", {{"a.***", "is ***"}}}));
  one.hide({});
  EXPECT_FALSE(one.hides_anything());
  EXPECT_EQ(one.clean(std::string("hunter22")), "hunter22");
}

}  // namespace
}  // namespace krane
