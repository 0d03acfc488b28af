#include "cli/private_key.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <optional>

#include "base/base64.hpp"
#include "cli/jws_signing.hpp"
#include "cli/key_material.hpp"
#include "cli/openssh_key.hpp"

namespace krane::cli {
namespace {

using memory_file = std::unique_ptr<BIO, freed_by<BIO_free>>;

error no_key(std::string why, std::string reason = "no_private_key") {
  return make_error(errc::invalid, std::move(reason), std::move(why));
}

// What the callback of OpenSSL needs, and what became of asking.
struct asking {
  passphrase_source const& source;
  std::optional<error> failure;
  bool asked = false;
};

int give_passphrase(char* into, int size, int, void* context) {
  auto& state = *static_cast<asking*>(context);
  state.asked = true;
  auto given = state.source();
  if (!given) {
    state.failure = given.error();
    return -1;
  }
  auto const length = std::min(given->size(), static_cast<std::size_t>(size));
  std::copy_n(given->data(), length, into);
  OPENSSL_cleanse(given->data(), given->size());
  return static_cast<int>(length);
}

result<key_handle> read_pem(std::string_view text, passphrase_source const& passphrase) {
  memory_file const file(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  asking state{passphrase, {}};
  key_handle key(PEM_read_bio_PrivateKey(file.get(), nullptr, give_passphrase, &state));
  if (key) return key;
  ERR_clear_error();
  if (state.failure) return *state.failure;
  if (state.asked) return no_key("the passphrase is wrong", "wrong_passphrase");
  return no_key("it holds no private key in PEM or OpenSSH's form");
}

result<std::string> split_ecdsa(login_algorithm algorithm, std::string_view der) {
  auto const* at = bytes_of(der).data();
  std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>> const pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!pair) return make_error(errc::internal, "OpenSSL made a signature that it cannot read");
  auto const bytes = [](BIGNUM const* n) {
    std::string out(static_cast<std::size_t>(BN_num_bytes(n)), '\0');
    BN_bn2bin(n, reinterpret_cast<unsigned char*>(out.data()));
    return out;
  };
  return to_fixed_width(algorithm, bytes(ECDSA_SIG_get0_r(pair.get())), bytes(ECDSA_SIG_get0_s(pair.get())));
}

}  // namespace

key_facts look_at_key(std::string_view text) {
  key_facts out;
  if (is_openssh_key(text)) {
    out.is_private = out.is_openssh = true;
    if (auto key = parse_openssh_key(text)) {
      out.needs_passphrase = key->is_encrypted;
      out.known = std::move(key->known);
    }
    return out;
  }
  out.is_private = text.contains("PRIVATE KEY-----");
  out.needs_passphrase = text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED");
  if (!out.is_private) out.known = parse_public_line(text);
  return out;
}

result<private_key> private_key::read(std::string_view text, passphrase_source const& passphrase) {
  if (is_openssh_key(text)) {
    auto parsed = parse_openssh_key(text);
    if (!parsed) return parsed.error();
    if (auto const fit = algorithm_for(parsed->known); !fit) return fit.error();
    if (parsed->is_encrypted) return no_key("it has a passphrase", "encrypted_openssh");
    auto key = build_key(*parsed);
    for (std::string& part : parsed->parts) OPENSSL_cleanse(part.data(), part.size());
    if (!key) return key.error();
    return private_key(std::shared_ptr<EVP_PKEY>(std::move(*key)), std::move(parsed->known));
  }
  auto key = read_pem(text, passphrase);
  if (!key) return key.error();
  auto known = public_half_of(key->get());
  if (!known) return known.error();
  if (auto const fit = algorithm_for(*known); !fit) return fit.error();
  return private_key(std::shared_ptr<EVP_PKEY>(std::move(*key)), std::move(*known));
}

result<std::string> private_key::sign(login_algorithm algorithm, std::string_view what) const {
  EVP_MD const* const hash = algorithm == login_algorithm::eddsa   ? nullptr
                             : algorithm == login_algorithm::es384 ? EVP_sha384()
                                                                   : EVP_sha256();
  std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>> const context(EVP_MD_CTX_new());
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key_.get()));
  std::string signature(size, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), out, &size, bytes_of(what).data(), what.size()) != 1) {
    ERR_clear_error();
    return make_error(errc::invalid, "no_private_key", "the key cannot sign; is it damaged?");
  }
  signature.resize(size);
  bool const is_ecdsa = algorithm == login_algorithm::es256 || algorithm == login_algorithm::es384;
  return is_ecdsa ? split_ecdsa(algorithm, signature) : result<std::string>(std::move(signature));
}

}  // namespace krane::cli
