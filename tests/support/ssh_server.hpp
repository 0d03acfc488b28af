#pragma once
// A real sshd of the test's own, on a port of the loopback, with a host key and a configuration in a folder of its own;
// and the client's side of it: a key that it lets in, and a program "ssh" that uses only these.
//
//   ssh_server there(folder.path());
//   setenv("PATH", (there.programs() + ":" + path).c_str(), 1);
#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>

namespace krane::test {

class ssh_server {
public:
  // Whether the machine has what it takes.
  static bool is_possible();
  // `more`: lines for its configuration. Listens when the constructor is done.
  explicit ssh_server(std::filesystem::path folder, std::string const& more = "");
  ~ssh_server();
  ssh_server(ssh_server const&) = delete;

  std::uint16_t port() const { return port_; }
  std::string user() const;
  // A folder with the program ssh in it.
  std::string programs() const { return (folder_ / "bin").string(); }
  // From here on it lets nobody in.
  void forget_key() const;
  // From here on ssh asks for this passphrase at the terminal.
  void lock_key(std::string const& passphrase) const;

private:
  void start();
  void write_client_config(bool may_ask) const;

  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
  bool made_run_folder_ = false;
};

}  // namespace krane::test
