#include "support/ssh_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace krane::test {
namespace {

constexpr char program[] = "/usr/sbin/sshd";
// Where sshd, as root, puts what has no rights.
constexpr char run_folder[] = "/run/sshd";

void run(std::string const& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::uint16_t free_port() {
  int const socket_number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  bool const bound = bind(socket_number, generic, size) == 0 && getsockname(socket_number, generic, &size) == 0;
  close(socket_number);
  if (!bound) throw std::runtime_error("there is no free port");
  return ntohs(address.sin_port);
}

std::string text_of(std::filesystem::path const& file) {
  std::ifstream from(file);
  return {std::istreambuf_iterator<char>(from), {}};
}

}  // namespace

bool ssh_server::is_possible() {
  return std::filesystem::exists(program) && std::filesystem::exists("/usr/bin/ssh") &&
         std::filesystem::exists("/usr/bin/ssh-keygen");
}

ssh_server::ssh_server(std::filesystem::path folder, std::string const& more)
    : folder_(std::move(folder)), port_(free_port()) {
  std::filesystem::create_directories(folder_ / "bin");
  run("ssh-keygen -q -N '' -t ed25519 -f " + (folder_ / "host_key").string());
  run("ssh-keygen -q -N '' -t ed25519 -f " + (folder_ / "user_key").string());
  std::filesystem::copy_file(folder_ / "user_key.pub", folder_ / "authorized_keys");
  std::ofstream(folder_ / "sshd_config") << "ListenAddress 127.0.0.1\nPort " << port_ << "\nHostKey "
                                         << (folder_ / "host_key").string() << "\nAuthorizedKeysFile "
                                         << (folder_ / "authorized_keys").string()
                                         << "\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\n"
                                            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                                         << more;
  write_client_config(false);
  std::ofstream(folder_ / "bin" / "ssh") << "#!/bin/sh\nexec /usr/bin/ssh -F " << (folder_ / "ssh_config").string()
                                         << " \"$@\"\n";
  std::filesystem::permissions(folder_ / "bin" / "ssh", std::filesystem::perms::owner_all);
  start();
}

void ssh_server::start() {
  if (getuid() == 0) made_run_folder_ = std::filesystem::create_directories(run_folder);
  std::string const config = (folder_ / "sshd_config").string();
  std::string const log = (folder_ / "sshd.log").string();
  std::string name = program, foreground = "-D", to_file = "-E", file = "-f";
  std::string config_argument = config, log_argument = log;
  char* arguments[] = {name.data(), foreground.data(),      to_file.data(), log_argument.data(),
                       file.data(), config_argument.data(), nullptr};
  if (posix_spawn(&process_, program, nullptr, nullptr, arguments, environ) != 0)
    throw std::runtime_error("cannot start sshd");
  // Asking its port would make it start a child for us, which may outlive the test.
  auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!text_of(log).contains("Server listening on")) {
    bool const over = waitpid(process_, nullptr, WNOHANG) != 0;
    if (over) process_ = 0;
    if (over || std::chrono::steady_clock::now() > until)
      throw std::runtime_error("sshd does not listen: " + text_of(log));
    std::this_thread::yield();
  }
}

ssh_server::~ssh_server() {
  if (process_ > 0) {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  if (made_run_folder_) std::filesystem::remove(run_folder, ignored);
}

void ssh_server::write_client_config(bool may_ask) const {
  std::ofstream(folder_ / "ssh_config") << "Host *\n  IdentityFile " << (folder_ / "user_key").string()
                                        << "\n  IdentitiesOnly yes\n  IdentityAgent none\n  BatchMode "
                                        << (may_ask ? "no" : "yes")
                                        << "\n  StrictHostKeyChecking accept-new\n  UserKnownHostsFile "
                                        << (folder_ / "known_hosts").string() << '\n';
}

void ssh_server::lock_key(std::string const& passphrase) const {
  run("ssh-keygen -q -p -P '' -N '" + passphrase + "' -f " + (folder_ / "user_key").string());
  write_client_config(true);
}

std::string ssh_server::user() const {
  auto const* const entry = getpwuid(getuid());
  return entry == nullptr ? "" : entry->pw_name;
}

void ssh_server::forget_key() const {
  std::ofstream(folder_ / "authorized_keys") << "";
}

}  // namespace krane::test
