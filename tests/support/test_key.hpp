#pragma once
// Keys for tests that log in: made here, written as authorized_keys wants them, signing as a client does. Everything
// about a token can be made wrong on purpose.
//   auto const key = test_key::generate(key_kind::ed25519);
//   write(authorized_keys, key.authorized_keys_line("ada"));
//   auto const token = key.sign_jws(R"({"phrase":"krane-login:v1:…"})");
#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace krane::test {

enum class key_kind { rsa1024, rsa2048, rsa4096, ed25519, p256, p384, p521 };

class test_key {
public:
  // A new key each time. An rsa4096 takes about a second.
  static test_key generate(key_kind kind);
  // PKCS#8, or the older forms that OpenSSL reads.
  static test_key from_pem(std::string_view pem);

  // "ssh-ed25519 AAAA… comment", without the line's end.
  std::string authorized_keys_line(std::string_view comment = "tester") const;
  // "SHA256:…" as ssh-keygen -l shows it.
  std::string fingerprint() const;
  // The algorithm a client uses with this key: RS256, EdDSA, ES256, ES384 (ES512 for p521).
  std::string natural_alg() const;

  // A compact JWS. `alg` goes into the header and decides how it is signed: RS256, RS384, RS512, PS256, EdDSA, ES256,
  // ES384, ES512, HS256 (with the public key's PEM as secret), none (an empty signature); any other is signed as the
  // natural one. `header` is the header's JSON text, taken as it is.
  std::string sign_jws(std::string_view payload_json, std::optional<std::string> alg = {},
                       std::optional<std::string> header = {}) const;
  // The signature part alone, as bytes.
  std::string sign(std::string_view what, std::string_view alg) const;

  std::string private_pem() const;
  std::string public_pem() const;
  // As ssh-keygen writes it, without a passphrase: what ~/.ssh/id_… holds.
  std::string openssh_private_key(std::string_view comment = "tester") const;
  // The public key as SSH sends it.
  std::string ssh_blob() const;
  EVP_PKEY* handle() const { return key_.get(); }

private:
  explicit test_key(EVP_PKEY* key);
  std::shared_ptr<EVP_PKEY> key_;
};

std::string base64(std::string_view bytes);
std::string base64url(std::string_view bytes);

}  // namespace krane::test
