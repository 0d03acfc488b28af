#pragma once
// Hashes, and comparing what must not be guessed byte by byte.
//
// Threads: any.
#include <array>
#include <cstdint>
#include <string_view>

#include "base/base64.hpp"

namespace krane {

using digest = std::array<std::uint8_t, 32>;

digest sha256(std::string_view text);
digest hmac_sha256(byte_view key, std::string_view text);

// Takes as long whichever byte differs; how long the texts are is no secret.
bool equal_in_constant_time(byte_view a, byte_view b);

}  // namespace krane
