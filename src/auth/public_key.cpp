#include "auth/public_key.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <sodium/crypto_core_ed25519.h>

#include <algorithm>
#include <array>

#include "auth/digest.hpp"

namespace krane {
namespace {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using big_number = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using param_list = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 16384;

error bad_key(std::string why) {
  return make_error(errc::invalid, std::move(why));
}

// The fields of an SSH blob, each a length of four bytes and that many bytes.
class blob_reader {
public:
  explicit blob_reader(byte_view rest) : rest_(rest) {}

  std::optional<byte_view> field() {
    if (rest_.size() < 4) return std::nullopt;
    std::size_t const size =
        std::size_t{rest_[0]} << 24 | std::size_t{rest_[1]} << 16 | std::size_t{rest_[2]} << 8 | rest_[3];
    if (rest_.size() - 4 < size) return std::nullopt;
    auto const value = rest_.subspan(4, size);
    rest_ = rest_.subspan(4 + size);
    return value;
  }
  // A positive whole number in its one shortest form.
  std::optional<byte_view> positive_number() {
    auto value = field();
    if (!value || value->empty() || ((*value)[0] & 0x80) != 0) return std::nullopt;
    if ((*value)[0] != 0) return value;
    if (value->size() == 1 || ((*value)[1] & 0x80) == 0) return std::nullopt;
    return value->subspan(1);
  }
  bool at_end() const { return rest_.empty(); }

private:
  byte_view rest_;
};

big_number to_number(byte_view bytes) {
  return big_number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

key_handle build_key(char const* type, OSSL_PARAM_BLD* parts) {
  param_list const params(OSSL_PARAM_BLD_to_param(parts));
  key_context const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    ERR_clear_error();
  return key_handle(made);
}

result<key_handle> read_rsa(blob_reader& from) {
  auto const e = from.positive_number();
  auto const n = from.positive_number();
  if (!e || !n || !from.at_end()) return bad_key("the key is damaged");
  // Looked at before any arithmetic: numbers of a megabyte would take minutes.
  if (n->size() > max_rsa_bits / 8) return bad_key(fmt::format("an RSA key may have {} bits at most", max_rsa_bits));
  if (e->size() > 4) return bad_key("the RSA key's exponent is too large");
  auto const exponent = to_number(*e);
  auto const modulus = to_number(*n);
  int const bits = BN_num_bits(modulus.get());
  if (bits < min_rsa_bits)
    return bad_key(fmt::format("the RSA key has {} bits; at least {} are needed", bits, min_rsa_bits));
  if (!BN_is_odd(modulus.get()) || !BN_is_odd(exponent.get()) || BN_is_one(exponent.get()))
    return bad_key("its numbers are not those of an RSA key");
  param_builder const parts(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  auto key = build_key("RSA", parts.get());
  if (!key) return bad_key("its numbers are not those of an RSA key");
  return key;
}

result<key_handle> read_ed25519(blob_reader& from) {
  auto const point = from.field();
  if (!point || point->size() != 32 || !from.at_end()) return bad_key("the key is damaged");
  // OpenSSL takes any 32 bytes. For a point of small order anybody can make signatures, and one that is not written in
  // the one right way, or is not of the group that keys are made in, belongs to nobody's private key.
  if (crypto_core_ed25519_is_valid_point(point->data()) != 1)
    return bad_key("its point is none that a private key has; anybody might sign for it. Make a new key: ssh-keygen");
  key_handle key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, point->data(), point->size()));
  if (!key) {
    ERR_clear_error();
    return bad_key("the key is damaged");
  }
  return key;
}

result<key_handle> read_ecdsa(blob_reader& from, std::string_view curve, char const* openssl_name, std::size_t width) {
  auto const named = from.field();
  auto const point = from.field();
  if (!named || text_of(*named) != curve || !point || !from.at_end()) return bad_key("the key is damaged");
  if (point->size() != 1 + 2 * width || (*point)[0] != 4) return bad_key("its point is not in the uncompressed form");
  param_builder const parts(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(parts.get(), OSSL_PKEY_PARAM_GROUP_NAME, openssl_name, 0);
  OSSL_PARAM_BLD_push_octet_string(parts.get(), OSSL_PKEY_PARAM_PUB_KEY, point->data(), point->size());
  auto key = build_key("EC", parts.get());
  key_context const check(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  if (!check || EVP_PKEY_public_check(check.get()) != 1) {
    ERR_clear_error();
    return bad_key("its point is not on the curve");
  }
  return key;
}

struct algorithm_row {
  std::string_view name;
  signature_algorithm algorithm;
  public_key::kind key;
};

constexpr std::array algorithms{
    algorithm_row{"RS256", signature_algorithm::rs256, public_key::kind::rsa},
    algorithm_row{"RS512", signature_algorithm::rs512, public_key::kind::rsa},
    algorithm_row{"EdDSA", signature_algorithm::eddsa, public_key::kind::ed25519},
    algorithm_row{"ES256", signature_algorithm::es256, public_key::kind::p256},
    algorithm_row{"ES384", signature_algorithm::es384, public_key::kind::p384},
};

// Of the two curves, big-endian.
constexpr char order_p256[] = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
constexpr char order_p384[] =
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973";

big_number order_of(public_key::kind kind) {
  BIGNUM* order = nullptr;
  BN_hex2bn(&order, kind == public_key::kind::p256 ? order_p256 : order_p384);
  return big_number(order);
}

bool in_range(BIGNUM const* value, BIGNUM const* order) {
  return !BN_is_zero(value) && BN_cmp(value, order) < 0;
}

bool verify_with(EVP_PKEY* key, EVP_MD const* hash, bool pkcs1, std::string_view what, byte_view signature) {
  std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>> const context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  bool const good =
      context && EVP_DigestVerifyInit(context.get(), &options, hash, nullptr, key) == 1 &&
      (!pkcs1 || EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1) &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), bytes_of(what).data(), what.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace

std::optional<signature_algorithm> find_algorithm(std::string_view jws_name) {
  for (auto const& row : algorithms)
    if (row.name == jws_name) return row.algorithm;
  return std::nullopt;
}

public_key::public_key(kind k, std::shared_ptr<EVP_PKEY> key, byte_view blob)
    : kind_(k), key_(std::move(key)), fingerprint_("SHA256:" + encode_base64_unpadded(sha256(text_of(blob)))) {}

result<public_key> public_key::parse(std::string_view type, byte_view blob) {
  blob_reader reader(blob);
  auto const inner = reader.field();
  if (!inner) return bad_key("the key is damaged");
  if (text_of(*inner) != type) return bad_key("the key is not of the type that the line says");
  auto made = [&](kind k, result<key_handle> key) -> result<public_key> {
    if (!key) return key.error();
    return public_key(k, std::shared_ptr<EVP_PKEY>(std::move(*key)), blob);
  };
  if (type == "ssh-rsa") return made(kind::rsa, read_rsa(reader));
  if (type == "ssh-ed25519") return made(kind::ed25519, read_ed25519(reader));
  if (type == "ecdsa-sha2-nistp256") return made(kind::p256, read_ecdsa(reader, "nistp256", "P-256", 32));
  if (type == "ecdsa-sha2-nistp384") return made(kind::p384, read_ecdsa(reader, "nistp384", "P-384", 48));
  return bad_key(
      "keys of this type cannot log in; use ssh-ed25519, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384 or ssh-rsa");
}

bool public_key::fits(signature_algorithm algorithm) const {
  return std::ranges::any_of(algorithms,
                             [&](auto const& row) { return row.algorithm == algorithm && row.key == kind_; });
}

bool public_key::verify(signature_algorithm algorithm, std::string_view what, byte_view signature) const {
  if (!fits(algorithm)) return false;
  switch (kind_) {
    case kind::rsa:
      if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()))) return false;
      return verify_with(key_.get(), algorithm == signature_algorithm::rs512 ? EVP_sha512() : EVP_sha256(), true, what,
                         signature);
    case kind::ed25519:
      return signature.size() == 64 && verify_with(key_.get(), nullptr, false, what, signature);
    case kind::p256:
    case kind::p384:
      return verify_ecdsa(what, signature);
  }
  return false;
}

bool public_key::verify_ecdsa(std::string_view what, byte_view signature) const {
  std::size_t const width = kind_ == kind::p256 ? 32 : 48;
  if (signature.size() != 2 * width) return false;
  auto r = to_number(signature.first(width));
  auto s = to_number(signature.last(width));
  auto const order = order_of(kind_);
  if (!r || !s || !in_range(r.get(), order.get()) || !in_range(s.get(), order.get())) return false;
  std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>> const pair(ECDSA_SIG_new());
  if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return false;
  static_cast<void>(r.release());  // the pair's now
  static_cast<void>(s.release());
  std::array<std::uint8_t, 2 * 49 + 16> der{};
  if (i2d_ECDSA_SIG(pair.get(), nullptr) > static_cast<int>(der.size())) return false;
  auto* end = der.data();
  int const size = i2d_ECDSA_SIG(pair.get(), &end);
  if (size <= 0) return false;
  return verify_with(key_.get(), kind_ == kind::p256 ? EVP_sha256() : EVP_sha384(), false, what,
                     byte_view(der).first(static_cast<std::size_t>(size)));
}

bool is_ssh_key_type(std::string_view word) {
  if (word.find_first_of("=,\"") != std::string_view::npos) return false;
  return word.starts_with("ssh-") || word.starts_with("ecdsa-") || word.starts_with("sk-") ||
         word.starts_with("rsa-sha2-") || word.starts_with("webauthn-");
}

}  // namespace krane
