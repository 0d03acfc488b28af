#include "cli/relative_time.hpp"

#include <gtest/gtest.h>

namespace krane::cli {
namespace {

using namespace std::chrono_literals;

time_point const now = *parse_rfc3339("2026-01-02T03:04:05.5Z");

TEST(relative_time, says_how_long_ago_in_the_unit_that_tells_most) {
  EXPECT_EQ(relative_time(now, now), "just now");
  EXPECT_EQ(relative_time(now - 1s, now), "1 second ago");
  EXPECT_EQ(relative_time(now - 119s, now), "119 seconds ago");
  EXPECT_EQ(relative_time(now - 2min, now), "2 minutes ago");
  EXPECT_EQ(relative_time(now - 3min - 59s, now), "3 minutes ago");
  EXPECT_EQ(relative_time(now - 90min, now), "90 minutes ago");
  EXPECT_EQ(relative_time(now - 2h, now), "2 hours ago");
  EXPECT_EQ(relative_time(now - 47h, now), "47 hours ago");
  EXPECT_EQ(relative_time(now - 48h, now), "2 days ago");
  EXPECT_EQ(relative_time(now - 24h * 15, now), "2 weeks ago");
  EXPECT_EQ(relative_time(now - 24h * 90, now), "3 months ago");
  EXPECT_EQ(relative_time(now - 24h * 800, now), "2 years ago");
}

TEST(relative_time, says_how_long_it_still_is) {
  EXPECT_EQ(relative_time(now + 400ms, now), "just now");
  EXPECT_EQ(relative_time(now + 90s, now), "in 90 seconds");
  EXPECT_EQ(relative_time(now + 24h * 30, now), "in 4 weeks");
}

TEST(relative_time, reads_what_the_server_writes_and_says_nothing_of_what_is_no_time) {
  EXPECT_EQ(relative_time("2026-01-02T03:03:05.500000Z", now), "60 seconds ago");
  EXPECT_EQ(relative_time("", now), "");
  EXPECT_EQ(relative_time("soon", now), "");
}

TEST(duration_text, is_short) {
  EXPECT_EQ(duration_text(0ms), "0.0 s");
  EXPECT_EQ(duration_text(1'234ms), "1.2 s");
  EXPECT_EQ(duration_text(12'900ms), "12 s");
  EXPECT_EQ(duration_text(125s), "2 min 5 s");
  EXPECT_EQ(duration_text(3h + 10min + 59s), "3 h 10 min");
}

TEST(parse_duration, reads_what_people_write) {
  EXPECT_EQ(parse_duration("90"), 90s);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("90d"), 24h * 90);
  EXPECT_EQ(parse_duration("2w"), 24h * 14);
}

TEST(parse_duration, takes_nothing_else) {
  for (auto const* const wrong : {"", "m", "5 m", "-5m", "5x", "1h30", "1.5h", "99999999999999999999s", "9999999w"})
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
}

TEST(size_text, has_as_many_digits_as_one_reads) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(999), "999 B");
  EXPECT_EQ(size_text(312'400), "312 kB");
  EXPECT_EQ(size_text(45'100'000), "45.1 MB");
  EXPECT_EQ(size_text(2.5e9), "2.5 GB");
}

}  // namespace
}  // namespace krane::cli
