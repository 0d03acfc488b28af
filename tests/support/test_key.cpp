#include "support/test_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <stdexcept>

namespace krane::test {
namespace {

unsigned char const* bytes_of(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void want(bool good, char const* what) {
  if (!good) throw std::runtime_error(std::string("test key: ") + what);
}

std::string number(EVP_PKEY* key, char const* name) {
  BIGNUM* n = nullptr;
  want(EVP_PKEY_get_bn_param(key, name, &n) == 1, name);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(n)), '\0');
  BN_bn2bin(n, bytes_of(bytes));
  BN_free(n);
  return bytes;
}

std::string uint32(std::size_t n) {
  std::string out;
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>((n >> shift) & 0xff);
  return out;
}

std::string string_field(std::string_view value) {
  return uint32(value.size()) + std::string(value);
}

std::string mpint(std::string value) {
  if (!value.empty() && (value[0] & 0x80) != 0) value.insert(value.begin(), '\0');
  return string_field(value);
}

std::string raw(EVP_PKEY* key, int (*get)(EVP_PKEY const*, unsigned char*, std::size_t*)) {
  std::size_t size = 0;
  want(get(key, nullptr, &size) == 1, "raw key size");
  std::string bytes(size, '\0');
  want(get(key, bytes_of(bytes), &size) == 1, "raw key");
  return bytes;
}

std::string curve_point(EVP_PKEY* key) {
  std::size_t size = 0;
  want(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0, &size) == 1, "point size");
  std::string bytes(size, '\0');
  want(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes_of(bytes), size, &size) == 1, "point");
  return bytes;
}

int bits(EVP_PKEY* key) {
  return EVP_PKEY_get_bits(key);
}
bool is(EVP_PKEY* key, char const* type) {
  return EVP_PKEY_is_a(key, type) == 1;
}

std::string curve_name(EVP_PKEY* key) {
  return "nistp" + std::to_string(bits(key));
}

std::string ssh_type(EVP_PKEY* key) {
  if (is(key, "RSA")) return "ssh-rsa";
  if (is(key, "ED25519")) return "ssh-ed25519";
  return "ecdsa-sha2-" + curve_name(key);
}

std::string from_bio(BIO* memory) {
  char* data = nullptr;
  auto const size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

// r and s, each as wide as the curve's order.
std::string fixed_width(std::string const& der, std::size_t width) {
  auto const* at = bytes_of(std::string_view(der));
  ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  want(parsed != nullptr, "ECDSA signature");
  std::string out(2 * width, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed), bytes_of(out), static_cast<int>(width));
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed), bytes_of(out) + width, static_cast<int>(width));
  ECDSA_SIG_free(parsed);
  return out;
}

EVP_MD const* digest_of(std::string_view alg) {
  if (alg == "EdDSA") return nullptr;
  if (alg.ends_with("512")) return EVP_sha512();
  if (alg.ends_with("384")) return EVP_sha384();
  return EVP_sha256();
}

}  // namespace

test_key::test_key(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {
  want(key != nullptr, "none was made");
}

test_key test_key::generate(key_kind kind) {
  switch (kind) {
    case key_kind::rsa1024:
      return test_key(EVP_RSA_gen(1024));
    case key_kind::rsa2048:
      return test_key(EVP_RSA_gen(2048));
    case key_kind::rsa4096:
      return test_key(EVP_RSA_gen(4096));
    case key_kind::ed25519:
      return test_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case key_kind::p256:
      return test_key(EVP_EC_gen("P-256"));
    case key_kind::p384:
      return test_key(EVP_EC_gen("P-384"));
    case key_kind::p521:
      return test_key(EVP_EC_gen("P-521"));
  }
  throw std::runtime_error("test key: no such kind");
}

test_key test_key::from_pem(std::string_view pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(memory, nullptr, nullptr, nullptr);
  BIO_free(memory);
  return test_key(key);
}

std::string test_key::ssh_blob() const {
  EVP_PKEY* key = key_.get();
  std::string const type = string_field(ssh_type(key));
  if (is(key, "RSA"))
    return type + mpint(number(key, OSSL_PKEY_PARAM_RSA_E)) + mpint(number(key, OSSL_PKEY_PARAM_RSA_N));
  if (is(key, "ED25519")) return type + string_field(raw(key, EVP_PKEY_get_raw_public_key));
  return type + string_field(curve_name(key)) + string_field(curve_point(key));
}

std::string test_key::authorized_keys_line(std::string_view comment) const {
  std::string line = ssh_type(key_.get()) + " " + base64(ssh_blob());
  if (!comment.empty()) line += " " + std::string(comment);
  return line;
}

std::string test_key::fingerprint() const {
  std::string const blob = ssh_blob();
  std::string hash(32, '\0');
  want(EVP_Q_digest(nullptr, "SHA256", nullptr, blob.data(), blob.size(), bytes_of(hash), nullptr) == 1, "digest");
  std::string text = base64(hash);
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

std::string test_key::natural_alg() const {
  EVP_PKEY* key = key_.get();
  if (is(key, "RSA")) return "RS256";
  if (is(key, "ED25519")) return "EdDSA";
  return bits(key) == 256 ? "ES256" : bits(key) == 384 ? "ES384" : "ES512";
}

std::string test_key::sign(std::string_view what, std::string_view alg) const {
  if (alg == "none") return "";
  if (alg == "HS256") {
    std::string const secret = public_pem();
    std::string mac(32, '\0');
    want(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(what), what.size(), bytes_of(mac),
              nullptr) != nullptr,
         "HMAC");
    return mac;
  }
  bool const rsa = is(key_.get(), "RSA");
  bool const fits = rsa                         ? alg.starts_with("RS") || alg.starts_with("PS")
                    : is(key_.get(), "ED25519") ? alg == "EdDSA"
                                                : alg.starts_with("ES");
  std::string const how = fits ? std::string(alg) : natural_alg();

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* options = nullptr;
  want(EVP_DigestSignInit(context.get(), &options, digest_of(how), nullptr, key_.get()) == 1, "sign init");
  if (how.starts_with("PS")) want(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1, "padding");
  std::size_t size = 0;
  want(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(what), what.size()) == 1, "signature size");
  std::string signature(size, '\0');
  want(EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(what), what.size()) == 1, "sign");
  signature.resize(size);
  if (!is(key_.get(), "EC")) return signature;
  return fixed_width(signature, static_cast<std::size_t>((bits(key_.get()) + 7) / 8));
}

std::string test_key::sign_jws(std::string_view payload_json, std::optional<std::string> alg,
                               std::optional<std::string> header) const {
  std::string const how = alg.value_or(natural_alg());
  std::string const input =
      base64url(header.value_or(R"({"alg":")" + how + R"(","typ":"JWT"})")) + "." + base64url(payload_json);
  return input + "." + base64url(sign(input, how));
}

std::string test_key::private_pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  want(PEM_write_bio_PKCS8PrivateKey(memory, key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "private PEM");
  return from_bio(memory);
}

std::string test_key::public_pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  want(PEM_write_bio_PUBKEY(memory, key_.get()) == 1, "public PEM");
  return from_bio(memory);
}

std::string test_key::openssh_private_key(std::string_view comment) const {
  EVP_PKEY* key = key_.get();
  std::string secret = uint32(0x6b72616e) + uint32(0x6b72616e) + string_field(ssh_type(key));
  if (is(key, "RSA")) {
    for (char const* part :
         {OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
          OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2})
      secret += mpint(number(key, part));
  } else if (is(key, "ED25519")) {
    std::string const point = raw(key, EVP_PKEY_get_raw_public_key);
    secret += string_field(point) + string_field(raw(key, EVP_PKEY_get_raw_private_key) + point);
  } else {
    secret +=
        string_field(curve_name(key)) + string_field(curve_point(key)) + mpint(number(key, OSSL_PKEY_PARAM_PRIV_KEY));
  }
  secret += string_field(comment);
  for (char pad = 1; secret.size() % 8 != 0; ++pad) secret += pad;

  std::string const all = std::string("openssh-key-v1") + '\0' + string_field("none") + string_field("none") +
                          string_field("") + uint32(1) + string_field(ssh_blob()) + string_field(secret);
  std::string text = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  std::string const encoded = base64(all);
  for (std::size_t at = 0; at < encoded.size(); at += 70) text += encoded.substr(at, 70) + "\n";
  return text + "-----END OPENSSH PRIVATE KEY-----\n";
}

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto const size = EVP_EncodeBlock(bytes_of(text), bytes_of(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::string base64url(std::string_view bytes) {
  std::string text = base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

}  // namespace krane::test
