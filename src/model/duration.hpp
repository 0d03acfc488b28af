#pragma once
// Lengths of time as people write them, spelled as Compose spells them: "10s", "500ms", "1m30s", "2h".
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane {

// Whole numbers with the units h, m, s, ms, each at most once and from long to short; "0" needs none. errc::invalid.
result<std::chrono::milliseconds> parse_duration(std::string_view text);

// The shortest text that parse_duration reads as the same.
std::string duration_text(std::chrono::milliseconds how_long);

}  // namespace krane
