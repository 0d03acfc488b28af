#include "auth/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

namespace krane {
namespace {

// Looking the algorithm up by name costs more than hashing a token: done once a thread.
struct sha256_context {
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

}  // namespace

digest sha256(std::string_view text) {
  thread_local sha256_context const one;
  digest out{};
  if (EVP_DigestInit_ex2(one.context.get(), one.algorithm.get(), nullptr) != 1 ||
      EVP_DigestUpdate(one.context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(one.context.get(), out.data(), nullptr) != 1)
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  return out;
}

digest hmac_sha256(byte_view key, std::string_view text) {
  digest out{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text).data(), text.size(), out.data(),
           nullptr) == nullptr)
    throw std::runtime_error("OpenSSL cannot compute HMAC-SHA-256");
  return out;
}

bool equal_in_constant_time(byte_view a, byte_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace krane
