#include "cli/style.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace krane::cli {
namespace {

int code_of(colour which) {
  switch (which) {
    case colour::none:
      return 0;
    case colour::red:
      return 31;
    case colour::green:
      return 32;
    case colour::yellow:
      return 33;
    case colour::blue:
      return 34;
    case colour::magenta:
      return 35;
    case colour::cyan:
      return 36;
    case colour::grey:
      return 90;
    case colour::bold:
      return 1;
  }
  std::unreachable();
}

template <std::size_t N>
bool is_one_of(std::string_view word, std::array<std::string_view, N> const& words) {
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

std::string style::paint(std::string_view text, colour with) const {
  if (!enabled_ || with == colour::none || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code_of(with), text);
}

colour state_colour(std::string_view state) {
  using namespace std::string_view_literals;
  if (is_one_of(state, std::array{"running"sv, "done"sv, "ok"sv, "healthy"sv, "serving"sv})) return colour::green;
  if (is_one_of(state,
                std::array{"failed"sv, "down"sv, "unhealthy"sv, "failing"sv, "dead"sv, "error"sv, "unreadable"sv}))
    return colour::red;
  if (is_one_of(state,
                std::array{"idle"sv, "superseded"sv, "exited"sv, "created"sv, "served"sv, "stopped"sv, "ended"sv}))
    return colour::grey;
  return colour::yellow;
}

}  // namespace krane::cli
