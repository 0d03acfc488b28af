#pragma once
// An ssh-agent of our own that holds one key for as long as a login takes. It opens what OpenSSL cannot: keys in
// OpenSSH's own format with a passphrase, which ssh-add asks for itself, at the terminal and without echo.
//
// Threads: the network thread.
// Failure: errc::invalid, "wrong_passphrase", when ssh-add did not open the key; errc::unavailable where OpenSSH's
//          programs are missing.
#include <memory>
#include <string>

#include "base/task.hpp"
#include "cli/agent_client.hpp"

namespace krane::cli {

class private_agent {
public:
  // Asks for the passphrase of the file.
  static task<std::unique_ptr<private_agent>> open_key(std::string key_file);
  ~private_agent();

  task<std::string> sign(public_half key, std::string what);

private:
  struct parts;
  explicit private_agent(std::unique_ptr<parts> all);
  std::unique_ptr<parts> parts_;
};

}  // namespace krane::cli
