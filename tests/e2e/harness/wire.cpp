#include "e2e/harness/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <random>
#include <stdexcept>
#include <utility>

namespace krane::e2e {
namespace {

constexpr std::chrono::seconds send_limit{10};

[[noreturn]] void fail(std::string const& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un unix_address(std::string const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

template <typename Address>
sockaddr const* generic(Address const& address) {
  return reinterpret_cast<sockaddr const*>(&address);
}

bool ready(int fd, short what, std::chrono::milliseconds limit) {
  pollfd waiting{fd, what, 0};
  return poll(&waiting, 1, static_cast<int>(limit.count())) > 0;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("getsockname");
  return ntohs(address.sin_port);
}

}  // namespace

endpoint endpoint::parse(std::string_view address) {
  if (address.starts_with("unix://")) return {std::string(address.substr(7)), 0};
  auto const colon = address.rfind(':');
  endpoint out;
  auto const digits = colon == std::string_view::npos ? std::string_view{} : address.substr(colon + 1);
  if (std::from_chars(digits.data(), digits.data() + digits.size(), out.port).ec != std::errc{} || out.port == 0)
    throw std::runtime_error("no address: " + std::string(address));
  return out;
}

wire::wire(endpoint const& where)
    : wire(socket(where.path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (!where.path.empty()) {
    auto const address = unix_address(where.path);
    if (connect(fd_, generic(address), sizeof address) != 0) fail("cannot connect to " + where.path);
  } else {
    auto const address = loopback(where.port);
    if (connect(fd_, generic(address), sizeof address) != 0)
      fail("cannot connect to 127.0.0.1:" + std::to_string(where.port));
  }
}

wire::~wire() {
  if (fd_ >= 0) close(fd_);
}

wire::wire(wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

bool wire::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!ready(fd_, POLLOUT, send_limit)) return false;
    auto const n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void wire::send(std::string_view bytes) {
  if (!try_send(bytes)) fail("cannot send");
}

std::optional<std::string> wire::receive(std::chrono::milliseconds limit) {
  if (!ready(fd_, POLLIN, limit)) return std::nullopt;
  std::string buffer(64 * 1024, '\0');
  auto const n = recv(fd_, buffer.data(), buffer.size(), 0);
  // A reset is an end too: what matters to a test is what had been said before it.
  buffer.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return buffer;
}

void wire::finish_sending() {
  shutdown(fd_, SHUT_WR);
}

std::uint16_t free_port() {
  // Below those that the kernel gives to clients: none of theirs gets in the way before the port is opened.
  constexpr unsigned first = 20'000;
  constexpr unsigned count = 12'000;
  static std::atomic<unsigned> next{std::random_device{}()};
  for (unsigned tries = 0; tries < count; ++tries) try {
      return silent_listener(static_cast<std::uint16_t>(first + next++ % count)).port();
    } catch (std::runtime_error const&) {
      continue;  // somebody has it
    }
  fail("no port is free");
}

std::uint16_t documented_host_port() {
  try {
    wire const taken(endpoint::tcp(9002));
    return free_port();
  } catch (std::runtime_error const&) {
    return 9002;
  }
}

silent_listener::silent_listener(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  int const yes = 1;
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  auto address = loopback(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (bind(fd_, generic(address), sizeof address) != 0 || listen(fd_, 64) != 0)
    fail("cannot listen on port " + std::to_string(port));
  port_ = port_of(fd_);
}

silent_listener::silent_listener(std::string const& unix_path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto const address = unix_address(unix_path);
  if (bind(fd_, generic(address), sizeof address) != 0 || listen(fd_, 64) != 0) fail("cannot listen on " + unix_path);
}

silent_listener::~silent_listener() {
  close(fd_);
}

}  // namespace krane::e2e
