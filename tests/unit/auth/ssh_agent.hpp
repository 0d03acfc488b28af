#pragma once
// A real ssh-agent of the test's own, spoken to as a client does that never sees the private key.
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "program.hpp"

extern char** environ;

namespace krane::test {

class ssh_agent {
public:
  explicit ssh_agent(std::string socket_path) : path_(std::move(socket_path)) {
    std::string program = "ssh-agent", foreground = "-D", bind = "-a";
    char* arguments[] = {program.data(), foreground.data(), bind.data(), path_.data(), nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
    int const failure = posix_spawnp(&pid_, "ssh-agent", &quiet, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&quiet);
    if (failure != 0) throw std::runtime_error("cannot start ssh-agent");
    connect_to_it();
  }
  ~ssh_agent() {
    if (socket_ >= 0) close(socket_);
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  ssh_agent(ssh_agent const&) = delete;
  ssh_agent& operator=(ssh_agent const&) = delete;

  void add(std::string const& key_file) { output_of("SSH_AUTH_SOCK=" + path_ + " ssh-add -q " + key_file + " 2>&1"); }

  // The signature's own bytes; the name of its algorithm goes to `kind`.
  std::string sign(std::string const& key_blob, std::string const& what, std::uint32_t flags, std::string& kind) {
    send_all(field("\x0d" + field(key_blob) + field(what) + number(flags)));
    std::string const size = receive(4);
    std::string const answer = receive(to_number(size));
    if (answer.empty() || answer[0] != 14) throw std::runtime_error("ssh-agent does not sign");
    std::string_view rest = std::string_view(answer).substr(1);
    std::string const signature(take_field(rest));
    rest = signature;
    kind = take_field(rest);
    return std::string(take_field(rest));
  }

  static std::string_view take_field(std::string_view& rest) {
    auto const size = to_number(rest.substr(0, 4));
    auto const value = rest.substr(4, size);
    rest.remove_prefix(4 + size);
    return value;
  }

private:
  static std::string number(std::size_t n) {
    std::string out;
    for (int shift : {24, 16, 8, 0}) out += static_cast<char>(n >> shift & 0xff);
    return out;
  }
  static std::string field(std::string const& value) { return number(value.size()) + value; }
  static std::uint32_t to_number(std::string_view bytes) {
    std::uint32_t n = 0;
    for (char c : bytes) n = n << 8 | static_cast<unsigned char>(c);
    return n;
  }

  void connect_to_it() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < until) {
      socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(socket_, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) return;
      close(std::exchange(socket_, -1));
      std::this_thread::yield();
    }
    throw std::runtime_error("ssh-agent does not listen at " + path_);
  }
  void send_all(std::string_view what) {
    while (!what.empty()) {
      auto const n = write(socket_, what.data(), what.size());
      if (n <= 0) throw std::runtime_error("ssh-agent hung up");
      what.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  std::string receive(std::size_t size) {
    std::string out(size, '\0');
    for (std::size_t got = 0; got < size;) {
      auto const n = read(socket_, out.data() + got, size - got);
      if (n <= 0) throw std::runtime_error("ssh-agent hung up");
      got += static_cast<std::size_t>(n);
    }
    return out;
  }

  std::string path_;
  pid_t pid_ = -1;
  int socket_ = -1;
};

}  // namespace krane::test
