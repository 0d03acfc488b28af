#pragma once
// Whether a run was ever taken up. One that was is half way, although its first step may not be done: what it does to
// the engine is under way, also over a restart of the server, so it is not replaced as one that only waits.
//
// It shows in the row: what waits was last changed when it was accepted.
#include <algorithm>

#include "model/run.hpp"

namespace krane {

inline bool has_begun(run const& r) {
  return r.step != run_step::accepted || r.updated_at > r.accepted_at;
}

// When it says that it was changed as it begins: later than it was accepted, whatever the clock does.
inline time_point time_of_begin(run const& r, time_point now) {
  return std::max(now, r.accepted_at + std::chrono::microseconds{1});
}

}  // namespace krane
