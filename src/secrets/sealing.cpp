#include "secrets/sealing.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstdlib>

#include "base/log.hpp"

namespace krane {
namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t mark_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(std::tuple_size_v<master_key> == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

// A library that has no randomness is no place to keep secrets, and no caller could go on safely.
void need_sodium() {
  static bool const ready = sodium_init() >= 0;
  if (ready) return;
  log::error("secrets", "libsodium cannot be used on this machine");
  log::flush();
  std::abort();
}

// None of the parts has a NUL in it.
std::string bound_to(secret_place const& at) {
  using namespace std::string_view_literals;
  return fmt::format("krane secret 1{0}{1}{0}{2}{0}{3}"sv, '\0', at.scope, at.key, at.version);
}

unsigned char const* bytes_of(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}

}  // namespace

std::vector<std::uint8_t> seal(master_key const& with, secret_place const& at, std::string_view value) {
  need_sodium();
  std::vector<std::uint8_t> out(nonce_bytes + value.size() + mark_bytes);
  randombytes_buf(out.data(), nonce_bytes);
  std::string const bound = bound_to(at);
  unsigned long long size = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + nonce_bytes, &size, bytes_of(value), value.size(),
                                             bytes_of(bound), bound.size(), nullptr, out.data(), with.data());
  out.resize(nonce_bytes + size);
  return out;
}

std::string make_mark(master_key const& with, std::string_view text) {
  need_sodium();
  static_assert(std::tuple_size_v<master_key> == crypto_auth_hmacsha256_KEYBYTES);
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mark{};
  crypto_auth_hmacsha256(mark.data(), bytes_of(text), text.size(), with.data());
  std::string hex(2 * mark.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), mark.data(), mark.size());
  hex.pop_back();
  return hex;
}

std::optional<std::string> unseal(master_key const& with, secret_place const& at,
                                  std::vector<std::uint8_t> const& sealed) {
  need_sodium();
  if (sealed.size() < nonce_bytes + mark_bytes) return std::nullopt;
  std::string value(sealed.size() - nonce_bytes - mark_bytes, '\0');
  std::string const bound = bound_to(at);
  unsigned long long size = 0;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(value.data()), &size, nullptr,
                                                 sealed.data() + nonce_bytes, sealed.size() - nonce_bytes,
                                                 bytes_of(bound), bound.size(), sealed.data(), with.data()) != 0)
    return std::nullopt;
  value.resize(size);
  return value;
}

}  // namespace krane
