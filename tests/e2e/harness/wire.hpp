#pragma once
// A blocking socket whose every wait has a deadline, so that a test that waits for too much fails and says for what.
// Failure: std::runtime_error, with what was being done.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace krane::e2e {

// "unix:///path", "tcp://127.0.0.1:2375", "http://127.0.0.1:8080"
struct endpoint {
  std::string path;  // of a unix socket; empty: TCP on 127.0.0.1
  std::uint16_t port = 0;

  static endpoint parse(std::string_view address);
  static endpoint tcp(std::uint16_t port) { return {{}, port}; }
};

class wire {
public:
  explicit wire(endpoint const& where);
  ~wire();
  wire(wire&& other) noexcept;
  wire(wire const&) = delete;
  wire& operator=(wire const&) = delete;

  void send(std::string_view bytes);
  // As send, but tells whether all was taken: a server may close on a request that it does not want to read on.
  bool try_send(std::string_view bytes);
  // Up to the next bytes that come; empty at the end of the stream; no value when `limit` is over.
  std::optional<std::string> receive(std::chrono::milliseconds limit);
  // No more will be sent.
  void finish_sending();
  int handle() const { return fd_; }

private:
  // Before it is connected, so that one that cannot be is closed too.
  explicit wire(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();
// The documents' 9002; where somebody else has that, a free one.
std::uint16_t documented_host_port();

// Something that listens on 127.0.0.1 and answers nothing: a foreign process on a port, or an engine that hangs.
class silent_listener {
public:
  // 0: any free port.
  explicit silent_listener(std::uint16_t port);
  explicit silent_listener(std::string const& unix_path);
  ~silent_listener();
  silent_listener(silent_listener const&) = delete;
  std::uint16_t port() const { return port_; }
  int handle() const { return fd_; }

private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace krane::e2e
