#pragma once
// Which version of its API to speak with an engine.
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane::docker {

inline constexpr int oldest_minor = 40;  // Docker 19.03
inline constexpr int newest_minor = 43;  // the newest that this program was written against

// "1.41" → 41; else errc::internal, engine_error.
result<int> parse_api_minor(std::string_view text);

// The newest that both know. `engine_min_minor` is the oldest that the engine still speaks, 0 if it does not say. An
// engine that has dropped all that we know is spoken to in its oldest. errc::unavailable, engine_unavailable: it is
// older than 1.40.
result<int> agree_on_minor(int engine_minor, int engine_min_minor);

}  // namespace krane::docker
