#pragma once
// What is said beside the results, on standard error: progress, messages, errors. -q leaves errors only.
//
// Threads: the network thread.
#include <string>
#include <string_view>

#include "cli/terminal.hpp"

namespace krane::cli {

class notes {
public:
  notes(terminal& to, bool quiet) : to_(to), quiet_(quiet) {}
  ~notes() { end_progress(); }
  notes(notes const&) = delete;

  bool is_quiet() const { return quiet_; }
  style colours() const { return to_.messages_style(); }

  // A line.
  void line(std::string_view text);
  // A line also when quiet: errors, and what a person must know.
  void error(std::string_view text);

  // On a terminal: a line that the next one takes the place of, cut to the terminal's width. Elsewhere nothing.
  void progress(std::string_view text);
  bool shows_progress() const { return !quiet_ && to_.is_messages(); }
  void end_progress();

private:
  terminal& to_;
  bool quiet_;
  bool in_progress_ = false;
};

}  // namespace krane::cli
