#pragma once
// The private half of a key, read from the text of a file: OpenSSH's own format, or PEM in its several forms. Signs
// what is given to it.
//
// Threads: any.
// Failure: errc::invalid with a sentence; reason "encrypted_openssh" for OpenSSH's own format with a passphrase, which
//          an ssh-agent has to open, "wrong_passphrase", "no_private_key", "unfit_key".
// Source:  PROTOCOL.key of OpenSSH; RFC 7468, RFC 5958, RFC 1421 (PEM), as OpenSSL reads it.
#include <openssl/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/key_type.hpp"

namespace krane::cli {

// Asks for the passphrase. An error of it ends the reading.
using passphrase_source = std::function<result<std::string>()>;

class private_key {
public:
  static result<private_key> read(std::string_view text, passphrase_source const& passphrase);

  public_half const& public_part() const { return public_; }
  // In the form of JWS.
  result<std::string> sign(login_algorithm algorithm, std::string_view what) const;

private:
  private_key(std::shared_ptr<EVP_PKEY> key, public_half known) : key_(std::move(key)), public_(std::move(known)) {}

  std::shared_ptr<EVP_PKEY> key_;
  public_half public_;
};

// What can be told of a file without a passphrase.
struct key_facts {
  bool is_private = false;
  bool is_openssh = false;
  bool needs_passphrase = false;
  std::optional<public_half> known;  // OpenSSH's format has it in clear; so has a public key
};
key_facts look_at_key(std::string_view text);

}  // namespace krane::cli
