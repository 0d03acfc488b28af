// How a run that is followed looks, made from the events that a server sends.
#include "cli/run_display.hpp"

#include <gmock/gmock.h>

#include <fmt/format.h>

namespace krane::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

time_point const begin = *parse_rfc3339("2026-01-02T03:04:05Z");

class a_followed_run : public testing::Test {
protected:
  // What the display makes of an event at that many milliseconds.
  std::vector<std::string> at(int ms, std::string phase, std::string message, std::string level = "info") {
    return display.add(make(ms, std::move(phase), std::move(message), std::move(level)));
  }
  client::event_info make(int ms, std::string phase, std::string message, std::string level = "info") {
    client::event_info out;
    out.Timestamp = to_rfc3339(begin + std::chrono::milliseconds(ms));
    out.Run = "9ca24de8";
    out.Phase = std::move(phase);
    out.Message = std::move(message);
    out.Level = std::move(level);
    return out;
  }
  // Bytes of a pull.
  void pulled(int ms, std::uint64_t done, std::uint64_t total) {
    auto event = make(ms, "pull", "Downloaded");
    event.Progress = client::event_progress{done, total};
    EXPECT_THAT(display.add(event), IsEmpty());
  }

  run_display display{"9ca24de8", style(false)};
};

TEST_F(a_followed_run, is_a_line_a_phase_when_the_phase_is_over) {
  EXPECT_THAT(at(0, "accepted", "Run 7 accepted"), IsEmpty());
  EXPECT_THAT(at(10, "pull", "Pulling image a/b:v2"), IsEmpty());
  EXPECT_THAT(at(1'200, "pull", "Pulled image a/b:v2 (0123456789ab)"), IsEmpty());
  EXPECT_THAT(at(1'210, "create", "Creating container web-9ca24de8"),
              ElementsAre("  ✓ pull         Pulled image a/b:v2 (0123456789ab)  1.2 s"));
  EXPECT_THAT(at(1'500, "stop_old", "Stopping the release before it"),
              ElementsAre("  ✓ create       Creating container web-9ca24de8  0.3 s"));
  EXPECT_FALSE(display.has_ended());
  EXPECT_THAT(at(2'000, "done", "Run 7 is done"),
              ElementsAre("  ✓ stop old     Stopping the release before it  0.5 s"));
  EXPECT_TRUE(display.has_ended());
  EXPECT_EQ(display.last().Message, "Run 7 is done");
}

TEST_F(a_followed_run, says_that_it_waited_only_when_it_did) {
  at(0, "accepted", "Run 7 accepted");
  EXPECT_THAT(at(5'000, "pull", "Pulling"), ElementsAre("  ✓ accepted     Run 7 accepted  5.0 s"));
}

TEST_F(a_followed_run, marks_the_phase_that_failed_and_those_that_undo_it_as_good) {
  at(0, "check", "Waiting for web-9ca24de8");
  EXPECT_THAT(at(800, "failing", "it exited with code 3", "error"),
              ElementsAre("  ✗ check        Waiting for web-9ca24de8  0.8 s"));
  EXPECT_THAT(at(801, "remove_new", "Removing container web-9ca24de8"), IsEmpty());
  EXPECT_THAT(at(900, "failed", "Run 7 failed: it exited with code 3", "error"),
              ElementsAre("  ✓ remove new   Removing container web-9ca24de8  0.1 s"));
  EXPECT_TRUE(display.has_ended());
}

TEST_F(a_followed_run, that_failed_with_nothing_to_undo_marks_its_last_phase) {
  at(0, "pull", "Pulling image a/b:nope");
  EXPECT_THAT(at(300, "failed", "Run 7 failed: there is no such tag", "error"),
              ElementsAre("  ✗ pull         Pulling image a/b:nope  0.3 s"));
}

TEST_F(a_followed_run, says_at_once_what_goes_wrong_meanwhile) {
  at(0, "pull", "Pulling image a/b:v2");
  EXPECT_THAT(at(100, "pull", "the registry does not answer; trying again", "warn"),
              ElementsAre("  ! pull         the registry does not answer; trying again"));
  EXPECT_THAT(at(200, "container", "Container web-9ca24de8 exited with code 3", "warn"),
              ElementsAre("  ! container    Container web-9ca24de8 exited with code 3"));
  EXPECT_THAT(at(300, "container", "Container web-9ca24de8 was started", "info"), IsEmpty());
}

TEST_F(a_followed_run, is_not_disturbed_by_other_runs) {
  at(0, "pull", "Pulling");
  auto other = make(10, "done", "Run 6 is done");
  other.Run = "00000000";
  EXPECT_THAT(display.add(other), IsEmpty());
  other.Run.reset();
  EXPECT_THAT(display.add(other), IsEmpty());
  EXPECT_FALSE(display.has_ended());
}

TEST_F(a_followed_run, shows_a_bar_and_bytes_while_it_pulls) {
  EXPECT_EQ(display.under_way(begin, 80), std::nullopt);
  at(0, "pull", "Pulling image a/b:v2");
  EXPECT_EQ(display.under_way(begin + 1s, 80), "  • pull         Pulling image a/b:v2  1.0 s");
  EXPECT_EQ(display.under_way(begin + 1s, 35), "  • pull         Pulling im…  1.0 s");
  pulled(2'000, 11'400'000, 45'600'000);
  EXPECT_EQ(display.under_way(begin + 2s, 80),
            "  • pull         [======>                       ] 11.4 MB of 45.6 MB  2.0 s");
  EXPECT_EQ(display.under_way(begin + 2s, 52), "  • pull         [>      ] 11.4 MB of 45.6 MB  2.0 s");
  EXPECT_EQ(display.under_way(begin + 2s, 40), "  • pull         11.4 MB of 45.6 MB  2.0 s");
  pulled(3'000, 45'600'000, 45'600'000);
  EXPECT_EQ(display.under_way(begin + 3s, 80),
            "  • pull         [=============================>] 45.6 MB of 45.6 MB  3.0 s");
}

TEST_F(a_followed_run, gives_a_sign_of_life_every_ten_seconds_where_nothing_can_be_overwritten) {
  at(0, "pull", "Pulling image a/b:v2");
  EXPECT_EQ(display.still_under_way(begin + 9s), std::nullopt);
  EXPECT_EQ(display.still_under_way(begin + 10s), "  • pull         Pulling image a/b:v2  10 s");
  EXPECT_EQ(display.still_under_way(begin + 11s), std::nullopt);
  pulled(12'000, 1'000'000, 4'000'000);
  EXPECT_EQ(display.still_under_way(begin + 20s), "  • pull         1.0 MB of 4.0 MB  20 s");
}

TEST_F(a_followed_run, does_not_obey_what_strangers_wrote_into_a_message) {
  EXPECT_THAT(at(0, "pull", "bad\x1b[2J", "warn"), ElementsAre("  ! pull         bad\\e[2J"));
}

}  // namespace
}  // namespace krane::cli
