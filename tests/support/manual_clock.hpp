#pragma once
// A time of day that stands still until the test moves it.
#include "base/clock.hpp"

namespace krane::test {

class manual_clock final : public clock {
public:
  time_point now() const override { return now_; }
  void set(time_point t) { now_ = t; }
  void advance(std::chrono::microseconds by) { now_ += by; }

private:
  time_point now_ = *parse_rfc3339("2026-01-02T03:04:05Z");
};

}  // namespace krane::test
