#pragma once
// A secret closed with the master key, and opened again: XChaCha20-Poly1305 with a random nonce. Whose secret it is and
// which version is sealed with it, so that bytes moved to another row of the store do not open there.
//
// Threads: any.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krane {

using master_key = std::array<std::uint8_t, 32>;

struct secret_place {
  std::string_view scope;
  std::string_view key;
  std::uint64_t version = 0;
};

// 24 bytes of nonce, then the value and 16 bytes that tell whether it was changed.
std::vector<std::uint8_t> seal(master_key const& with, secret_place const& at, std::string_view value);
// Nothing: another key, another place, or bytes that were changed.
std::optional<std::string> unseal(master_key const& with, secret_place const& at,
                                  std::vector<std::uint8_t> const& sealed);

// What only who has the key can make of a text: HMAC-SHA-256, in hex.
std::string make_mark(master_key const& with, std::string_view text);

}  // namespace krane
