#pragma once
// A container's output, which arrives in pieces, as lines fit to be sent: stdout and stderr apart, each line with the
// engine's time of it, over-long ones split and none lost, invalid UTF-8 replaced.
#include <array>
#include <optional>
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
    std::string pending;
    bool within_split_line = false;
  };
  std::array<half, 2> halves_;
};

// Invalid sequences replaced by U+FFFD, one per maximal bad part (Unicode's recommendation).
std::string to_valid_utf8(std::string_view bytes);

}  // namespace krane
