#include "cli/key_material.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <cstring>

#include "base/base64.hpp"
#include "cli/ssh_wire.hpp"

namespace krane::cli {
namespace {

using big_number = std::unique_ptr<BIGNUM, freed_by<BN_clear_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, freed_by<OSSL_PARAM_BLD_free>>;
using param_list = std::unique_ptr<OSSL_PARAM, freed_by<OSSL_PARAM_free>>;

big_number to_number(std::string_view bytes) {
  auto const raw = bytes_of(bytes);
  return big_number(BN_bin2bn(raw.data(), static_cast<int>(raw.size()), nullptr));
}

key_handle from_params(char const* type, OSSL_PARAM_BLD* parts) {
  param_list const params(OSSL_PARAM_BLD_to_param(parts));
  key_context const context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, params.get()) != 1)
    ERR_clear_error();
  return key_handle(made);
}

// n, e, d, and what makes signing faster, which one signature does not need.
key_handle build_rsa(std::vector<std::string> const& parts) {
  auto const n = to_number(parts[0]), e = to_number(parts[1]), d = to_number(parts[2]);
  param_builder const build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_D, d.get());
  return from_params("RSA", build.get());
}

// The public point; the seed and the point once more.
key_handle build_ed25519(std::vector<std::string> const& parts) {
  if (parts[0].size() != 32 || parts[1].size() != 64) return {};
  return key_handle(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, bytes_of(parts[1]).data(), 32));
}

// The curve, the public point, the private number.
key_handle build_ecdsa(std::vector<std::string> const& parts) {
  char const* const curve = parts[0] == "nistp256" ? "P-256" : "P-384";
  auto const secret = to_number(parts[2]);
  param_builder const build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve, 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, parts[1].data(), parts[1].size());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get());
  return from_params("EC", build.get());
}

std::string number_of(EVP_PKEY* key, char const* name) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, name, &raw);
  big_number const number(raw);
  std::string bytes(number ? static_cast<std::size_t>(BN_num_bytes(number.get())) : 0, '\0');
  if (number) BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string point_of(EVP_PKEY* key) {
  std::array<unsigned char, 256> bytes{};
  std::size_t size = 0;
  // Uncompressed, whatever form the file has it in.
  EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
  if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size(), &size) != 1) size = 0;
  return {reinterpret_cast<char const*>(bytes.data()), size};
}

std::string curve_of(EVP_PKEY* key) {
  std::array<char, 64> name{};
  EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr);
  if (std::strcmp(name.data(), "prime256v1") == 0) return "nistp256";
  if (std::strcmp(name.data(), "secp384r1") == 0) return "nistp384";
  if (std::strcmp(name.data(), "secp521r1") == 0) return "nistp521";
  return name.data();
}

}  // namespace

result<key_handle> build_key(openssh_key const& from) {
  key_handle key;
  if (from.known.type == "ssh-rsa")
    key = build_rsa(from.parts);
  else
    key = from.known.type == "ssh-ed25519" ? build_ed25519(from.parts) : build_ecdsa(from.parts);
  if (key) return key;
  ERR_clear_error();
  return make_error(errc::invalid, "no_private_key", "the key is damaged");
}

result<public_half> public_half_of(EVP_PKEY* key) {
  public_half out;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    put_text(out.blob, out.type = "ssh-rsa");
    put_mpint(out.blob, number_of(key, OSSL_PKEY_PARAM_RSA_E));
    put_mpint(out.blob, number_of(key, OSSL_PKEY_PARAM_RSA_N));
  } else if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    std::array<unsigned char, 32> point{};
    std::size_t size = point.size();
    EVP_PKEY_get_raw_public_key(key, point.data(), &size);
    put_text(out.blob, out.type = "ssh-ed25519");
    put_text(out.blob, text_of(point));
  } else if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::string const curve = curve_of(key);
    put_text(out.blob, out.type = "ecdsa-sha2-" + curve);
    put_text(out.blob, curve);
    put_text(out.blob, point_of(key));
  } else {
    return make_error(errc::invalid, "unfit_key", "it is neither an Ed25519 nor an ECDSA nor an RSA key");
  }
  return out;
}

}  // namespace krane::cli
