#include "streams/line_splitter.hpp"

#include <gtest/gtest.h>

namespace krane {
namespace {

std::string const t1 = "2020-05-27T21:53:02.000000001Z";
std::string const t2 = "2020-05-27T21:53:02.000000002Z";

std::vector<output_line> split(std::string_view bytes) {
  line_splitter s;
  auto lines = s.add(false, bytes, false);
  for (auto& rest : s.finish()) lines.push_back(std::move(rest));
  return lines;
}

// All pieces of the same bytes, cut at every `step`, must give the same lines.
std::vector<output_line> split_in_pieces(std::string_view bytes, std::size_t step) {
  line_splitter s;
  std::vector<output_line> lines;
  for (std::size_t at = 0; at < bytes.size(); at += step)
    for (auto& line : s.add(false, bytes.substr(at, step), false)) lines.push_back(std::move(line));
  for (auto& rest : s.finish()) lines.push_back(std::move(rest));
  return lines;
}

std::string joined(std::vector<output_line> const& lines) {
  std::string all;
  for (auto const& line : lines) all += line.text;
  return all;
}

TEST(line_splitter, takes_the_time_off_each_line) {
  auto const lines = split(t1 + " hello\n" + t2 + " world\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].time, t1);
  EXPECT_EQ(lines[0].text, "hello");
  EXPECT_EQ(lines[1].time, t2);
  EXPECT_EQ(lines[1].text, "world");
}

TEST(line_splitter, waits_for_the_end_of_a_line) {
  line_splitter s;
  EXPECT_TRUE(s.add(false, t1 + " hel", false).empty());
  auto const lines = s.add(false, "lo\n", false);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, "hello");
  EXPECT_TRUE(s.finish().empty());
}

TEST(line_splitter, gives_out_what_has_no_line_end_when_the_stream_ends) {
  auto const lines = split(t1 + " no end");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, "no end");
  EXPECT_EQ(lines[0].time, t1);
}

TEST(line_splitter, keeps_stdout_and_stderr_apart) {
  line_splitter s;
  EXPECT_TRUE(s.add(false, t1 + " to out", false).empty());
  auto const error_lines = s.add(true, t2 + " to err\n", false);
  ASSERT_EQ(error_lines.size(), 1u);
  EXPECT_TRUE(error_lines[0].is_error);
  EXPECT_EQ(error_lines[0].text, "to err");
  auto const out_lines = s.add(false, "\n", false);
  ASSERT_EQ(out_lines.size(), 1u);
  EXPECT_FALSE(out_lines[0].is_error);
  EXPECT_EQ(out_lines[0].text, "to out");
}

TEST(line_splitter, keeps_empty_lines) {
  auto const lines = split(t1 + " \n" + t2 + " \n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "");
  EXPECT_EQ(lines[0].time, t1);
}

TEST(line_splitter, takes_a_terminals_line_ends) {
  auto const lines = split(t1 + " one\r\n" + t2 + " two\r\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "one");
}

TEST(line_splitter, takes_lines_without_a_time) {
  auto const lines = split("hello world\n2020 was a year\nx\n");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].text, "hello world");
  EXPECT_EQ(lines[1].text, "2020 was a year");
  EXPECT_EQ(lines[1].time, "");
}

TEST(line_splitter, gives_the_same_lines_however_the_bytes_are_cut) {
  std::string const bytes = t1 + " hello\n" + t2 + " \n" + "no time here\n" + t1 + " h\xC3\xA9llo";
  auto const whole = split(bytes);
  for (std::size_t step = 1; step < bytes.size(); ++step) {
    auto const pieces = split_in_pieces(bytes, step);
    ASSERT_EQ(pieces.size(), whole.size()) << step;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(pieces[i].text, whole[i].text) << step;
      EXPECT_EQ(pieces[i].time, whole[i].time) << step;
    }
  }
}

TEST(line_splitter, splits_a_long_line_and_takes_out_the_times_that_stand_within_it) {
  std::string const first(16 * 1024, 'a'), second(16 * 1024, 'b'), third(100, 'c');
  std::string const bytes = t1 + " " + first + t1 + " " + second + t2 + " " + third + "\n" + t2 + " next\n";
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, std::size_t{16384}, bytes.size()}) {
    auto const lines = split_in_pieces(bytes, step);
    ASSERT_EQ(lines.size(), 4u) << step;
    EXPECT_EQ(lines[0].text, first);
    EXPECT_EQ(lines[0].time, t1);
    EXPECT_EQ(lines[1].text, second);
    EXPECT_EQ(lines[1].time, "");
    EXPECT_EQ(lines[2].text, third);
    EXPECT_EQ(lines[3].text, "next");
    EXPECT_EQ(lines[3].time, t2);
  }
}

TEST(line_splitter, loses_nothing_of_a_long_line_without_times_in_it) {
  std::string const line(100'000, 'x');
  auto const lines = split(t1 + " " + line + "\n");
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(joined(lines), line);
  for (auto const& part : lines) EXPECT_LE(part.text.size(), line_splitter::max_line_bytes);
}

TEST(line_splitter, adds_no_empty_line_after_one_that_is_exactly_as_long_as_may_be) {
  std::string const line(line_splitter::max_line_bytes, 'x');
  auto const lines = split(t1 + " " + line + "\n" + t2 + " next\n");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, line);
  EXPECT_EQ(lines[1].text, "next");
}

TEST(line_splitter, takes_no_character_apart_where_it_splits) {
  std::string text = "x";
  while (text.size() < 40'000) text += "\xE2\x82\xAC";
  // As the engine records it: cut every 16 KiB, in the middle of characters.
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 16 * 1024) bytes += t1 + " " + text.substr(at, 16 * 1024);
  auto const lines = split(bytes + "\n");
  EXPECT_EQ(joined(lines), text);
}

// What the engine sends with its frames, each of them a record.
struct record {
  std::string text;
  bool is_error = false;
};

std::vector<output_line> split_records(std::vector<record> const& all, std::size_t step) {
  line_splitter s;
  std::vector<output_line> lines;
  for (auto const& [text, is_error] : all)
    for (std::size_t at = 0; at < text.size(); at += step)
      for (auto& line : s.add(is_error, std::string_view(text).substr(at, step), at == 0))
        lines.push_back(std::move(line));
  for (auto& rest : s.finish()) lines.push_back(std::move(rest));
  return lines;
}

TEST(line_splitter, begins_a_line_with_each_record_that_has_a_time_of_its_own) {
  std::string const long_line(40'000, 'a');
  auto const part = [&](std::size_t at) { return t1 + " " + long_line.substr(at, 16 * 1024); };
  struct written {
    std::string what;
    std::vector<record> records;
    std::vector<std::string> lines;
  };
  std::vector<written> const all{
      {"two starts, the first without a line end",
       {{t1 + " prompt> "}, {t2 + " starting\n"}},
       {"prompt> ", "starting"}},
      {"the same without any line end", {{t1 + " a"}, {t2 + " b"}}, {"a", "b"}},
      {"stdout and stderr each by itself",
       {{t1 + " out"}, {t1 + " err", true}, {t2 + " more\n"}, {t2 + " worse\n", true}},
       {"out", "more", "err", "worse"}},
      {"a long line, which the engine records in three",
       {{part(0)}, {part(16 * 1024)}, {part(32 * 1024) + "\n"}, {t2 + " next\n"}},
       {long_line.substr(0, 16 * 1024), long_line.substr(0, 16 * 1024), long_line.substr(32 * 1024), "next"}},
      {"a long line without an end",
       {{part(0)}, {part(32 * 1024)}, {t2 + " next\n"}},
       {long_line.substr(0, 16 * 1024), long_line.substr(32 * 1024), "next"}},
      {"a record as long as may be, and the next start",
       {{part(0)}, {t2 + " next\n"}},
       {long_line.substr(0, 16 * 1024), "next"}},
      {"what looks like a time and is none", {{t1 + " a"}, {t1 + " " + t2 + " b\n"}}, {"a" + t2 + " b"}},
      {"records without times", {{"a"}, {"b\n"}}, {"ab"}},
  };
  for (auto const& [what, records, lines] : all)
    for (std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{16'384}, std::size_t{100'000}}) {
      std::vector<std::string> seen;
      for (auto const& line : split_records(records, step)) seen.push_back(line.text);
      EXPECT_EQ(seen, lines) << what << ", " << step;
    }
}

TEST(line_splitter, gives_each_start_the_time_of_its_own_record) {
  auto const lines = split_records({{t1 + " prompt> "}, {t2 + " starting\n"}}, 5);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].time, t1);
  EXPECT_EQ(lines[1].time, t2);
}

TEST(line_splitter, replaces_what_is_not_text) {
  auto const lines = split(t1 +
                           " a\xFF"
                           "b\n");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text,
            "a\xEF\xBF\xBD"
            "b");
}

}  // namespace
}  // namespace krane
