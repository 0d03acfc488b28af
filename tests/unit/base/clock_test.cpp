#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

std::string again(std::string_view text) {
  auto const t = parse_rfc3339(text);
  return t ? to_rfc3339(*t) : "refused";
}

TEST(rfc3339, comes_back_as_it_was_written) {
  for (auto const* text : {"2020-05-27T21:53:02.123456Z", "1970-01-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z",
                           "1969-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"})
    EXPECT_EQ(again(text), text);
}

TEST(rfc3339, turns_offsets_into_utc) {
  EXPECT_EQ(again("2020-05-27T23:53:02+02:00"), "2020-05-27T21:53:02.000000Z");
  EXPECT_EQ(again("2020-01-01T00:30:00+01:00"), "2019-12-31T23:30:00.000000Z");
  EXPECT_EQ(again("2020-05-27T14:23:02-07:30"), "2020-05-27T21:53:02.000000Z");
}

TEST(rfc3339, takes_fractions_of_any_length_up_to_nanoseconds) {
  EXPECT_EQ(again("2020-05-27T21:53:02.1Z"), "2020-05-27T21:53:02.100000Z");
  EXPECT_EQ(again("2020-05-27T21:53:02.123456789Z"), "2020-05-27T21:53:02.123456Z");
  EXPECT_EQ(again("2020-05-27T21:53:02.1234567890Z"), "refused");
}

TEST(rfc3339, takes_lower_case_and_a_leap_second) {
  EXPECT_EQ(again("2020-05-27t21:53:02z"), "2020-05-27T21:53:02.000000Z");
  EXPECT_EQ(again("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000000Z");
}

TEST(rfc3339, refuses_everything_else) {
  for (auto const* bad : {"",
                          "2020",
                          "2020-05-27",
                          "2020-05-27T21:53:02",
                          "2020-05-27T21:53Z",
                          "2020-5-27T21:53:02Z",
                          "2020-13-01T00:00:00Z",
                          "2020-00-01T00:00:00Z",
                          "2020-02-30T00:00:00Z",
                          "2021-02-29T00:00:00Z",
                          "2020-05-27T24:00:00Z",
                          "2020-05-27T21:60:02Z",
                          "2020-05-27T21:53:61Z",
                          "2020-05-27T21:53:02.Z",
                          "2020-05-27T21:53:02Zx",
                          " 2020-05-27T21:53:02Z",
                          "2020-05-27T21:53:02+2:00",
                          "2020-05-27T21:53:02+24:00",
                          "2020-05-27T21:53:02+02:60",
                          "2020-05-27T21:53:02+0200",
                          "+020-05-27T21:53:02Z",
                          "2020-05-27T21:53:-2Z",
                          "20200527T215302Z"})
    EXPECT_EQ(again(bad), "refused") << bad;
}

TEST(us_date, is_written_as_the_source_writes_it) {
  EXPECT_EQ(to_us_date(*parse_rfc3339("2020-05-07T21:53:02Z")), "05/07/2020");
  EXPECT_EQ(to_us_date(*parse_rfc3339("2020-12-31T23:59:59.999999Z")), "12/31/2020");
}

TEST(system_clock, tells_the_time_of_day) {
  auto const before = std::chrono::system_clock::now() - std::chrono::seconds{1};
  auto const now = system_clock{}.now();
  EXPECT_GT(now, before);
  EXPECT_LT(now, before + std::chrono::minutes{1});
}

}  // namespace
}  // namespace krane
