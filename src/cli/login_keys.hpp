#pragma once
// Which keys a person may log in with, in the order in which they are tried: the one that was named and no other, or
// those of the ssh-agent and then ~/.ssh/id_*, in ssh's own order, those that need no passphrase first.
//
// Threads: the network thread.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "cli/login_key.hpp"

namespace krane::cli {

struct key_wishes {
  std::optional<std::string> file{};   // --key
  std::optional<std::string> agent{};  // $SSH_AUTH_SOCK
  std::optional<std::string> home{};   // $HOME
};

struct found_keys {
  std::vector<std::unique_ptr<login_key>> keys;
  // A sentence for each that was seen and can't be used: it is of a kind that can't sign a login, or cannot be read.
  std::vector<std::string> skipped;
};

// A key that was named may be only the public half of one that the agent holds. errc::not_found, errc::invalid: a key
// that was named cannot be used, and why.
task<found_keys> find_login_keys(key_wishes wishes, secret_source ask);

}  // namespace krane::cli
