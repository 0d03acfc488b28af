#pragma once
// A container's output, which arrives in pieces, as lines fit to be sent: stdout and stderr apart, each line with the
// engine's time of it, over-long ones split and none lost, invalid UTF-8 replaced.
//
// Source: the engine puts a time and a space before each record; a record ends at a line end or after 16 KiB, so that
//         the times of a long line's further records stand in the middle of it. They are taken out.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace krane {

struct output_line {
  std::string time;  // the engine's RFC 3339 with nanoseconds; empty for the rest of a split line
  std::string text;  // without its line end; valid UTF-8
  bool is_error = false;
};

class line_splitter {
public:
  static constexpr std::size_t max_line_bytes = 16 * 1024;

  // The complete lines in what has been given so far.
  std::vector<output_line> add(bool is_error, std::string_view bytes);
  // What is left without a line end, when the stream has ended.
  std::vector<output_line> finish();

private:
  struct half {
    std::string head;  // the start of a record, while it may still turn out to be a time
    std::string time;  // of the line, until its first part is given out
    std::string text;
    std::size_t record_bytes = 0;  // of the present record, its time not counted
    bool at_record_start = true;
    bool within_split_line = false;
  };

  static void read_head(half& h, std::string_view& bytes, bool is_last);
  static void read_text(half& h, std::string_view& bytes, bool is_error, std::vector<output_line>& out);
  static void give_out(half& h, std::size_t length, bool is_error, std::vector<output_line>& out);
  static void end_line(half& h, bool is_error, std::vector<output_line>& out);

  std::array<half, 2> halves_;
};

}  // namespace krane
