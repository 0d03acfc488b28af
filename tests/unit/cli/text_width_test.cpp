#include "cli/text_width.hpp"

#include <gmock/gmock.h>

namespace krane::cli {
namespace {

using testing::ElementsAre;

TEST(display_width, counts_columns_and_not_bytes) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("é…✓"), 3u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\xCC\x81"), 1u) << "a mark that combines";
  EXPECT_EQ(display_width("😀"), 2u);
  EXPECT_EQ(display_width("\x1b[31mred\x1b[0m"), 3u);
}

TEST(cut_to_width, leaves_alone_what_fits) {
  EXPECT_EQ(cut_to_width("abc", 3), "abc");
  EXPECT_EQ(cut_to_width("", 0), "");
}

TEST(cut_to_width, says_that_something_is_missing) {
  EXPECT_EQ(cut_to_width("abcdef", 4), "abc…");
  EXPECT_EQ(cut_to_width("abcdef", 1), "…");
  EXPECT_EQ(cut_to_width("日本語", 4), "日…") << "never half a character";
}

TEST(cut_to_width, ends_a_colour_that_it_cuts) {
  EXPECT_EQ(cut_to_width("\x1b[31mabcdef\x1b[0m", 4), "\x1b[31mabc…\x1b[0m");
}

TEST(wrap, breaks_at_spaces) {
  EXPECT_THAT(wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrap("a  b", 10), ElementsAre("a b"));
  EXPECT_THAT(wrap("", 10), ElementsAre(""));
  EXPECT_THAT(wrap("a verylongword b", 6), ElementsAre("a", "verylongword", "b"));
}

}  // namespace
}  // namespace krane::cli
