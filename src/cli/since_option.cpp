#include "cli/since_option.hpp"

#include "cli/relative_time.hpp"

namespace krane::cli {

std::optional<time_point> parse_since(std::string_view text, time_point now) {
  if (auto const time = parse_rfc3339(text)) return time;
  if (auto const ago = parse_duration(text)) return now - *ago;
  return std::nullopt;
}

}  // namespace krane::cli
