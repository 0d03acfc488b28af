#pragma once
// Bytes as text, in the two alphabets that logins use. Reading is strict, so that no two texts mean the same bytes: no
// white space, nothing outside the alphabet, padding exactly where it belongs, and the bits that carry nothing zero.
//
// Threads: any.
// Source: RFC 4648 §4, §5; RFC 7515 §2.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace krane {

using byte_string = std::vector<std::uint8_t>;
using byte_view = std::span<std::uint8_t const>;

inline byte_view bytes_of(std::string_view text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}
inline std::string_view text_of(byte_view bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

// '-' and '_', never padded: JWS, ids, tokens.
std::optional<byte_string> decode_base64url(std::string_view text);
std::string encode_base64url(byte_view bytes);

// '+' and '/', always padded to four: keys in authorized_keys.
std::optional<byte_string> decode_base64(std::string_view text);
std::string encode_base64(byte_view bytes);
// As fingerprints are written: '+' and '/', the padding left off.
std::string encode_base64_unpadded(byte_view bytes);

}  // namespace krane
