#pragma once
// A container's output, which arrives in pieces, as lines fit to be sent: stdout and stderr apart, each line with the
// engine's time of it, over-long ones split and none lost, invalid UTF-8 replaced.
//
// Source: the engine puts a time and a space before each record. A record ends at a line end, after 16 KiB, or where
// the
//         output itself ended. Those of one long line all have the time of its first, and are put together again; a
//         record with another time begins a line, also where the one before had no line end.
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

  // The complete lines in what has been given so far. `begins_record`: a record begins with the first of the bytes;
  // false where that is not known.
  std::vector<output_line> add(bool is_error, std::string_view bytes, bool begins_record);
  // What is left without a line end, when the stream has ended.
  std::vector<output_line> finish();

private:
  struct half {
    std::string head;  // the start of a record, while it may still turn out to be a time
    std::string time;  // of the line, until its first part is given out
    std::string record_time;
    std::string text;
    std::size_t record_bytes = 0;  // of the present record, its time not counted
    bool at_record_start = true;
    bool is_known_record = false;  // what begins is a record for certain
    bool within_split_line = false;
    bool has_line() const { return within_split_line || !text.empty() || !time.empty(); }
  };

  static void begin_record(half& h, bool is_error, std::vector<output_line>& out);
  static void read_head(half& h, std::string_view& bytes, bool is_last, bool is_error, std::vector<output_line>& out);
  static void read_text(half& h, std::string_view& bytes, bool is_error, std::vector<output_line>& out);
  static void give_out(half& h, std::size_t length, bool is_error, std::vector<output_line>& out);
  static void end_line(half& h, bool is_error, std::vector<output_line>& out);

  std::array<half, 2> halves_;
};

}  // namespace krane
