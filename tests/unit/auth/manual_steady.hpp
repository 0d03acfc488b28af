#pragma once
// A clock that nobody sets, and that goes on when the test says so.
#include "auth/steady_time.hpp"

namespace krane::test {

class manual_steady {
public:
  steady_time now() const { return now_; }
  void advance(std::chrono::microseconds by) { now_ += by; }

private:
  steady_time now_{std::chrono::hours{100}};
};

}  // namespace krane::test
