#pragma once
// How a line of output is shown: whose it is, in its container's colour, when it was written, and whether it is wanted
// at all.
//
// Threads: the network thread.
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/output.hpp"

namespace krane::cli {

// A regular expression as grep -E has them.
class line_pattern {
public:
  static result<line_pattern> parse(std::string const& text);
  bool matches(std::string const& line) const;

private:
  struct compiled;
  explicit line_pattern(std::shared_ptr<compiled const> from) : compiled_(std::move(from)) {}
  std::shared_ptr<compiled const> compiled_;
};

struct log_line {
  std::string container;
  std::string time;  // RFC 3339, nanoseconds; may be empty
  std::string text;
};

class log_printer {
public:
  struct options {
    bool names = false;       // in front of each line, whose it is
    bool timestamps = false;  // and when it was written
    std::optional<line_pattern> pattern{};
  };
  log_printer(output& to, options how) : to_(to), how_(std::move(how)) {}

  void print(log_line const& line);
  void show_names() { how_.names = true; }

private:
  output& to_;
  options how_;
  std::map<std::string, std::size_t> order_;  // of the containers, as they came
};

}  // namespace krane::cli
