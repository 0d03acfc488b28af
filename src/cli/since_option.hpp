#pragma once
// --since as people give it: how long ago, or when.
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace krane::cli {

// "10m", "2h30m", "1d", or an RFC 3339 time; none for anything else.
std::optional<time_point> parse_since(std::string_view text, time_point now);

}  // namespace krane::cli
