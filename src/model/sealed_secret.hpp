#pragma once
// A version of a secret as the store keeps it: bytes that only the holder of the master key can read.
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace krane {

struct sealed_secret {
  std::string scope;  // a deployment's name; empty: the server's own
  std::string key;
  std::uint64_t version = 0;         // 1, 2, 3…
  std::vector<std::uint8_t> sealed;  // empty: removed with this version
  time_point created_at{};
  friend bool operator==(sealed_secret const&, sealed_secret const&) = default;
};

}  // namespace krane
