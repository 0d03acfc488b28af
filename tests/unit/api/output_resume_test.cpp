#include "api/output_resume.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace krane {
namespace {

constexpr char t1[] = "2020-05-27T21:53:02.000000001Z";
constexpr char t2[] = "2020-05-27T21:53:02.000000002Z";
constexpr char t3[] = "2020-05-27T21:53:02.000000003Z";
constexpr char later[] = "2020-05-27T21:54:00.000000000Z";

// The places, as text, of those of these lines that come after `last`.
std::vector<std::string> after(output_place last, bool is_there, std::vector<std::string> const& times) {
  output_numbering numbering;
  output_skip skip(std::move(last), is_there);
  std::vector<std::string> out;
  for (auto const& time : times) {
    auto const place = numbering.next(time);
    if (skip.is_new(place)) out.push_back(place->text());
  }
  return out;
}

using strings = std::vector<std::string>;

TEST(output_place, is_the_engines_time_and_a_number_only_where_it_must_be) {
  EXPECT_EQ((output_place{t1, 1}.text()), t1);
  EXPECT_EQ((output_place{t1, 3}.text()), std::string(t1) + "/3");
  EXPECT_EQ(parse_output_place(t1), (output_place{t1, 1}));
  EXPECT_EQ(parse_output_place(std::string(t1) + "/3"), (output_place{t1, 3}));
}

TEST(output_place, is_nothing_else) {
  for (auto const* const text : {"", "/2", "now", "2020-05-27", "2020-05-27T21:53:02Z/", "2020-05-27T21:53:02Z/0",
                                 "2020-05-27T21:53:02Z/x", "2020-05-27T21:53:02Z/1x", "2020-05-27T21:53:02Z/-1"})
    EXPECT_EQ(parse_output_place(text), std::nullopt) << text;
}

TEST(to_nanoseconds, keeps_all_nine_digits) {
  EXPECT_EQ(to_nanoseconds("1970-01-01T00:00:01.123456789Z"), 1'123'456'789);
  EXPECT_EQ(to_nanoseconds("1970-01-01T00:00:01.5Z"), 1'500'000'000);
  EXPECT_EQ(to_nanoseconds("1970-01-01T00:00:01.1234567Z"), 1'123'456'700);
  EXPECT_EQ(to_nanoseconds("1970-01-01T00:00:01Z"), 1'000'000'000);
  EXPECT_EQ(to_nanoseconds("1970-01-01T02:00:01.000000001+02:00"), 1'000'000'001);
  EXPECT_EQ(to_nanoseconds("yesterday"), std::nullopt);
}

TEST(output_numbering, counts_lines_of_one_time_and_the_rest_of_split_ones) {
  output_numbering numbering;
  EXPECT_EQ(numbering.next(""), std::nullopt);
  EXPECT_EQ(numbering.next(t1)->text(), t1);
  EXPECT_EQ(numbering.next("")->text(), std::string(t1) + "/2");
  EXPECT_EQ(numbering.next(t1)->text(), std::string(t1) + "/3");
  EXPECT_EQ(numbering.next(t2)->text(), t2);
}

TEST(output_skip, goes_on_after_the_very_line) {
  EXPECT_EQ(after({t2, 1}, true, {t1, t2, t3}), (strings{t3}));
  EXPECT_EQ(after({t1, 1}, true, {t1, t2, t3}), (strings{t2, t3}));
}

TEST(output_skip, tells_lines_of_one_time_apart) {
  EXPECT_EQ(after({t1, 1}, true, {t1, t1, t1, t2}), (strings{std::string(t1) + "/2", std::string(t1) + "/3", t2}));
  EXPECT_EQ(after({t1, 2}, true, {t1, t1, t1, t2}), (strings{std::string(t1) + "/3", t2}));
  EXPECT_EQ(after({t1, 3}, true, {t1, t1, t1, t2}), (strings{t2}));
}

TEST(output_skip, neither_doubles_nor_loses_lines_whose_times_are_out_of_order) {
  EXPECT_EQ(after({t1, 1}, true, {t2, t1, t3}), (strings{t3}));
  EXPECT_EQ(after({t2, 1}, true, {t2, t1, t3}), (strings{t1, t3}));
}

TEST(output_skip, goes_on_with_what_is_later_where_the_line_is_not_there_any_more) {
  EXPECT_EQ(after({t2, 1}, false, {t1, t2, t3, t1}), (strings{t3, t1}));
  EXPECT_EQ(after({t1, 1}, true, {t2, later, t3}), (strings{later, t3}));
}

TEST(read_from, asks_for_a_little_more_than_is_needed) {
  EXPECT_EQ(read_from({t1, 1}), "2020-05-27T21:53:01.000000Z");
  EXPECT_FALSE(is_past({t1, 1}, t3));
  EXPECT_TRUE(is_past({t1, 1}, later));
}

}  // namespace
}  // namespace krane
