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

sockaddr_in address_of(std::string const& address, std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  return where;
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
  for (int const one : open_) close(one);
}

void tagged_server::serve() {
  while (!stop_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, look_every_ms) <= 0) continue;
    int const one = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (one < 0) continue;
    if (send(one, tag_.data(), tag_.size(), MSG_NOSIGNAL) < 0) {
      close(one);
      continue;
    }
    open_.push_back(one);
  }
}

tcp_client::tcp_client(std::string const& address, std::uint16_t port) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &client_limit, sizeof client_limit);
  sockaddr_in const where = address_of(address, port);
  if (connect(fd_, reinterpret_cast<sockaddr const*>(&where), sizeof where) == 0) return;
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
  char byte = 0;
  auto const size = recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace krane::test
