#include "support/tagged_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace krane::test {
namespace {

sockaddr_in6 ipv6_address_of(std::string const& address, std::uint16_t port) {
  sockaddr_in6 where{};
  where.sin6_family = AF_INET6;
  where.sin6_port = htons(port);
  inet_pton(AF_INET6, address.c_str(), &where.sin6_addr);
  return where;
}

sockaddr_in address_of(std::string const& address, std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  return where;
}

bool is_ipv6(std::string const& address) {
  return address.find(':') != std::string::npos;
}

bool closed_by_peer(int fd) {
  char byte = 0;
  auto const size = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

constexpr int look_every_ms = 20;
constexpr timeval client_limit{15, 0};

}  // namespace

tagged_server::tagged_server(std::string address, std::uint16_t port, std::string tag)
    : address_(std::move(address)), tag_(std::move(tag)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int const on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where = address_of(address_, port);
  socklen_t size = sizeof where;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 || listen(listener_, 1'000) != 0)
    throw std::runtime_error("cannot listen on " + address_ + ": " + std::strerror(errno));
  getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(where.sin_port);
  thread_ = std::thread([this] { serve(); });
}

tagged_server::~tagged_server() {
  stop_ = true;
  thread_.join();
  close(listener_);
  for (int const one : open_) ::close(one);
}

void tagged_server::serve() {
  while (!stop_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, look_every_ms) <= 0) {
      forget_closed();
      continue;
    }
    int const one = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (one < 0) continue;
    // Before whoever connected can know.
    open_.push_back(one);
    count_ = open_.size();
    if (send(one, tag_.data(), tag_.size(), MSG_NOSIGNAL) >= 0) continue;
    close(one);
    open_.pop_back();
    count_ = open_.size();
  }
}

void tagged_server::forget_closed() {
  std::erase_if(open_, [](int one) {
    if (!closed_by_peer(one)) return false;
    close(one);
    return true;
  });
  count_ = open_.size();
}

tcp_client::tcp_client(std::string const& address, std::uint16_t port) {
  fd_ = socket(is_ipv6(address) ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &client_limit, sizeof client_limit);
  sockaddr_in const where = address_of(address, port);
  sockaddr_in6 const where6 = ipv6_address_of(address, port);
  int const refused = is_ipv6(address) ? connect(fd_, reinterpret_cast<sockaddr const*>(&where6), sizeof where6)
                                       : connect(fd_, reinterpret_cast<sockaddr const*>(&where), sizeof where);
  if (refused == 0) return;
  close(fd_);
  fd_ = -1;
}

tcp_client::~tcp_client() {
  if (fd_ >= 0) close(fd_);
}

std::string tcp_client::read(std::size_t most) {
  std::string bytes(most, '\0');
  auto const size = fd_ < 0 ? 0 : recv(fd_, bytes.data(), bytes.size(), 0);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

bool tcp_client::closed() {
  return closed_by_peer(fd_);
}

}  // namespace krane::test
