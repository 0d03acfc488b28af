#include "cli/notes.hpp"

#include <utility>

#include "cli/text_width.hpp"

namespace krane::cli {

void notes::line(std::string_view text) {
  if (!quiet_) error(text);
}

void notes::error(std::string_view text) {
  end_progress();
  to_.write_message(std::string(text) + "\n");
}

void notes::progress(std::string_view text) {
  if (!shows_progress()) return;
  // One column less: a cursor past the last one would wrap.
  auto const width = to_.messages_width().value_or(80);
  to_.write_message("\r" + cut_to_width(text, width - 1) + "\x1b[K");
  in_progress_ = true;
}

void notes::end_progress() {
  if (std::exchange(in_progress_, false)) to_.write_message("\r\x1b[K");
}

}  // namespace krane::cli
