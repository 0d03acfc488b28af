#pragma once
// Times as people say them, and durations as people write them.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace krane::cli {

// "just now", "3 minutes ago", "in 2 hours", "5 weeks ago".
std::string relative_time(time_point then, time_point now);
// Of an RFC 3339 text; "" for anything else.
std::string relative_time(std::string_view then, time_point now);

// "0.4 s", "12 s", "2 min 5 s", "3 h 10 min"
std::string duration_text(std::chrono::milliseconds how_long);

// "90s", "5m", "1h30m", "90d", "2w"; a number alone is seconds. Never negative.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

// "312 kB", "45.1 MB"
std::string size_text(double bytes);

}  // namespace krane::cli
