#pragma once
// The time of a clock that nobody sets, for what is remembered for a while: with the time of day, a clock that is set
// back would lock everybody out until it has caught up.
#include <chrono>

namespace krane {

using steady_time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::microseconds>;

inline steady_time steady_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now());
}

}  // namespace krane
