#include "base/log.hpp"

#include <gtest/gtest.h>

#include "base/scrubber.hpp"

namespace krane {
namespace {

std::string logged(std::string_view text) {
  testing::internal::CaptureStderr();
  log::info("room", text);
  log::flush();
  return testing::internal::GetCapturedStderr();
}

TEST(log, writes_one_line_with_time_level_and_room) {
  auto const line = logged("hello");
  EXPECT_NE(line.find("Z info room: hello\n"), std::string::npos) << line;
}

TEST(log, lets_no_text_begin_a_line_of_its_own) {
  auto const line = logged("a\n2026-01-01T00:00:00.000Z error forged\x1b[2J\r\x7f");
  EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
  EXPECT_NE(line.find(R"(a\n2026-01-01T00:00:00.000Z error forged\x1b[2J\x0d\x7f)"), std::string::npos) << line;
}

TEST(log, shows_no_value_that_is_to_be_hidden) {
  scrubber hides;
  hides.hide({"hunter22"});
  log::hide_secrets_of(&hides);
  auto const line = logged("the password is hunter22");
  log::hide_secrets_of(nullptr);
  EXPECT_NE(line.find("the password is ***\n"), std::string::npos) << line;
}

TEST(log, keeps_quiet_below_its_level) {
  ASSERT_TRUE(log::set_level("warning"));
  EXPECT_EQ(logged("hello"), "");
  EXPECT_FALSE(log::enabled(log::level::info));
  EXPECT_FALSE(log::set_level("loud"));
  EXPECT_FALSE(log::enabled(log::level::info));
  ASSERT_TRUE(log::set_level("info"));
  EXPECT_NE(logged("hello"), "");
}

}  // namespace
}  // namespace krane
