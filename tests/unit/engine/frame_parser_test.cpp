#include "engine/frame_parser.hpp"

#include <gtest/gtest.h>

#include <string>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

std::string frame(char source, std::string const& text) {
  std::string out{source, 0, 0, 0, 0, 0, static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 0xFF)};
  return out + text;
}

TEST(frame_parser, tells_stdout_from_stderr_and_keeps_their_order) {
  frame_parser parser;
  std::deque<log_chunk> out;
  ASSERT_TRUE(parser.add(frame(1, "a\n") + frame(2, "b\n") + frame(1, "c\n"), out));
  ASSERT_EQ(out.size(), 3U);
  EXPECT_EQ(out[0].bytes, "a\n");
  EXPECT_EQ(out[1].source, log_source::err);
  EXPECT_EQ(out[1].bytes, "b\n");
  EXPECT_EQ(out[2].bytes, "c\n");
  EXPECT_TRUE(parser.between_frames());
}

TEST(frame_parser, puts_what_follows_from_one_source_into_one_chunk) {
  frame_parser parser;
  std::deque<log_chunk> out;
  ASSERT_TRUE(parser.add(frame(1, "a\n") + frame(1, "b\n"), out));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].bytes, "a\nb\n");
}

TEST(frame_parser, begins_a_chunk_with_a_record_behind_one_without_a_line_end) {
  for (std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{100}}) {
    frame_parser parser;
    std::deque<log_chunk> out;
    std::string const all = frame(1, "a") + frame(1, "b\n") + frame(1, "c\n") + frame(2, "d");
    for (std::size_t at = 0; at < all.size(); at += step) ASSERT_TRUE(parser.add(all.substr(at, step), out));
    ASSERT_EQ(out.size(), 3U) << step;
    EXPECT_EQ(out[0].bytes, "a");
    EXPECT_EQ(out[1].bytes, "b\nc\n");
    EXPECT_EQ(out[2].bytes, "d");
    for (auto const& chunk : out) EXPECT_TRUE(chunk.begins_record);
  }
}

TEST(frame_parser, knows_where_a_frame_goes_on_that_was_cut) {
  frame_parser parser;
  std::deque<log_chunk> out;
  ASSERT_TRUE(parser.add(frame(1, "hello").substr(0, 10), out));
  ASSERT_EQ(out.size(), 1U);
  out.clear();
  ASSERT_TRUE(parser.add(frame(1, "hello").substr(10), out));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].bytes, "llo");
  EXPECT_FALSE(out[0].begins_record);
}

TEST(frame_parser, gives_the_same_however_the_bytes_are_cut) {
  std::string const all =
      frame(1, "first\n") + frame(1, "") + frame(2, std::string(700, 'x') + "\n") + frame(1, "last\n");
  for (std::size_t step = 1; step < all.size(); ++step) {
    frame_parser parser;
    std::deque<log_chunk> out;
    for (std::size_t at = 0; at < all.size(); at += step) ASSERT_TRUE(parser.add(all.substr(at, step), out));
    ASSERT_EQ(out.size(), 3U) << step;
    EXPECT_EQ(out[1].bytes.size(), 701U) << step;
    EXPECT_EQ(out[2].bytes, "last\n") << step;
  }
}

TEST(frame_parser, knows_that_it_is_within_a_frame) {
  frame_parser parser;
  std::deque<log_chunk> out;
  ASSERT_TRUE(parser.add(frame(1, "hello").substr(0, 3), out));
  EXPECT_FALSE(parser.between_frames());
  ASSERT_TRUE(parser.add(frame(1, "hello").substr(3, 6), out));
  EXPECT_FALSE(parser.between_frames());
}

TEST(frame_parser, refuses_what_is_not_framed) {
  frame_parser parser;
  std::deque<log_chunk> out;
  auto const taken = parser.add("plain text of a terminal", out);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().reason, reason::engine_error);
  EXPECT_TRUE(out.empty());
}

TEST(frame_parser, reports_the_failure_that_the_engine_puts_into_the_stream) {
  frame_parser parser;
  std::deque<log_chunk> out;
  auto const taken = parser.add(frame(1, "seen\n") + frame(3, "Error grabbing logs: unexpected EOF\n"), out);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("unexpected EOF"), std::string::npos);
  ASSERT_EQ(out.size(), 1U);
}

}  // namespace
}  // namespace krane::docker
