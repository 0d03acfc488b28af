#pragma once
// A login that is still good. The token itself is never kept: only its SHA-256.
#include <array>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace krane {

using token_hash = std::array<std::uint8_t, 32>;

struct session {
  session_id id;
  token_hash hash{};
  std::string user;             // the key's comment
  std::string key_fingerprint;  // "SHA256:…"
  time_point created_at{};
  time_point expires_at{};
  std::string name{};  // of one that was made for a program; else empty
  friend bool operator==(session const&, session const&) = default;
};

}  // namespace krane
