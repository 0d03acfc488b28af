#pragma once
// A public key of somebody who may log in, as a line of authorized_keys carries it, and the check of a signature with
// it. Which hash and which form of signature are taken follows from the key; a token only says which of them it used.
//
// Threads: any; immutable.
// Source: RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4 (the blobs); RFC 7518 §3, RFC 8037 §3 (the signatures).
#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.hpp"
#include "base/result.hpp"

namespace krane {

enum class signature_algorithm { rs256, rs512, eddsa, es256, es384 };

// By its JWS name, spelled exactly so. There is no other: not none, not HS*, not PS*.
std::optional<signature_algorithm> find_algorithm(std::string_view jws_name);

class public_key {
public:
  enum class kind { rsa, ed25519, p256, p384 };

  // `type` and the bytes of the line's second word, which must agree. Refused with the reason: RSA under 2048 or over
  // 16384 bits or with an odd exponent, a point that is not on its curve, anything before or after the key, and every
  // other type.
  static result<public_key> parse(std::string_view type, byte_view blob);

  bool fits(signature_algorithm algorithm) const;
  // `signature` in the form of JWS: RSA as long as the modulus, Ed25519 64 bytes, ECDSA r and s at the curve's width.
  // False for everything else, an algorithm that does not fit included.
  bool verify(signature_algorithm algorithm, std::string_view what, byte_view signature) const;

  kind type() const { return kind_; }
  std::string const& fingerprint() const { return fingerprint_; }  // "SHA256:…", as ssh-keygen -l

private:
  public_key(kind k, std::shared_ptr<EVP_PKEY> key, byte_view blob);
  bool verify_ecdsa(std::string_view what, byte_view signature) const;

  kind kind_;
  std::shared_ptr<EVP_PKEY> key_;
  std::string fingerprint_;
};

// Whether authorized_keys knows a key type of that name, whether or not it may log in here.
bool is_ssh_key_type(std::string_view word);

}  // namespace krane
