#pragma once
// A key that may log a person in, wherever its private half is: in an ssh-agent, or in a file that is opened only when
// it is its turn.
//
// Threads: the network thread.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.hpp"
#include "cli/key_type.hpp"

namespace krane::cli {

// Asks a person and does not show the answer. An empty function: nobody can be asked.
using secret_source = std::function<result<std::string>(std::string_view question)>;

class login_key {
public:
  virtual ~login_key() = default;
  // As far as it is known before the key is opened.
  virtual std::optional<public_half> const& known() const = 0;
  // The file, or "ssh-agent".
  virtual std::string const& source() const = 0;
  virtual bool needs_passphrase() const = 0;
  // Opens it if that is needed; from then on known() is there.
  virtual task<login_algorithm> prepare() = 0;
  // In the form of JWS. After prepare().
  virtual task<std::string> sign(std::string what) = 0;

  // "~/.ssh/id_ed25519 (ED25519 SHA256:…)", for messages.
  std::string name() const;
};

// A key file: OpenSSH's format or PEM. errc::not_found, errc::invalid: none, or others may read it.
result<std::unique_ptr<login_key>> open_key_file(std::string const& path, secret_source ask);

}  // namespace krane::cli
