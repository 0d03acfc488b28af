#include "cli/notes.hpp"

#include <utility>

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
  to_.write_in_place(text);
  in_progress_ = true;
}

void notes::end_progress() {
  if (std::exchange(in_progress_, false)) to_.write_in_place({});
}

}  // namespace krane::cli
