#pragma once
// A login from beginning to end: asks the server for its phrase, makes sure that it is a login to this very server,
// signs it with one key after the other until one is accepted.
//
// Threads: the network thread.
// Failure: errc::unauthorized, "login_refused": no key was accepted, or "no_key": there is none; errc::forbidden,
//          "foreign_phrase": nothing was signed; what the server and the keys fail with.
#include <functional>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "cli/login_keys.hpp"
#include "client/client.hpp"

namespace krane::cli {

struct login_dialogue {
  secret_source ask{};                             // empty: nobody can be asked
  std::function<void(std::string const&)> tell{};  // of keys that are passed over, a sentence each
};

struct logged_in {
  client::session_info session;
  public_half key;                        // the one that was accepted
  std::string key_name;                   // for a message
  std::optional<std::string> key_file{};  // none: the ssh-agent signed
};

task<logged_in> log_in(client::krane_api& api, key_wishes wishes, login_dialogue with);

}  // namespace krane::cli
