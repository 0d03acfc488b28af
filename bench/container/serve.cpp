// What the measured containers run: answers requests on port 8080 with "web " and its version, or with a mebibyte if
// they ask for "/big". Connections stay open unless the request says "Connection: close". All that its image holds, so
// it is linked statically; the client that measures it is to be slower.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::uint16_t port = 8080;
constexpr std::size_t big_bytes = std::size_t{1024} * 1024;

std::string answer_with(std::string const& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct client {
  std::string asked;
  std::string unsent;
  std::size_t sent = 0;
  bool last = false;
};

class server {
public:
  explicit server(std::string const& version)
      : small_(answer_with("web " + version + "\n")), big_(answer_with(std::string(big_bytes, 'x'))) {}

  int run() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int const yes = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    if (bind(listener_, reinterpret_cast<sockaddr const*>(&where), sizeof where) != 0 ||
        listen(listener_, SOMAXCONN) != 0) {
      std::perror("serve");
      return 1;
    }
    poll_ = epoll_create1(0);
    watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
    std::array<epoll_event, 256> seen{};
    while (true) {
      int const count = epoll_wait(poll_, seen.data(), static_cast<int>(seen.size()), -1);
      for (int i = 0; i < count; ++i) {
        int const fd = seen[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_)
          take_clients();
        else if (!serve(fd))
          close(fd);
      }
    }
  }

private:
  void watch(int fd, int how, std::uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    epoll_ctl(poll_, how, fd, &event);
  }

  void take_clients() {
    while (true) {
      int const fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      int const yes = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      if (clients_.size() <= static_cast<std::size_t>(fd)) clients_.resize(static_cast<std::size_t>(fd) + 1);
      clients_[static_cast<std::size_t>(fd)] = {};
      watch(fd, EPOLL_CTL_ADD, EPOLLIN);
    }
  }

  // False: it is over.
  bool serve(int fd) {
    client& one = clients_[static_cast<std::size_t>(fd)];
    std::array<char, 4096> piece{};
    auto const got = recv(fd, piece.data(), piece.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got > 0) one.asked.append(piece.data(), static_cast<std::size_t>(got));
    bool const was_behind = one.sent < one.unsent.size();
    for (auto end = one.asked.find("\r\n\r\n"); end != std::string::npos; end = one.asked.find("\r\n\r\n")) {
      one.unsent += one.asked.starts_with("GET /big ") ? big_ : small_;
      if (one.asked.find("Connection: close\r\n") < end) one.last = true;
      one.asked.erase(0, end + 4);
    }
    while (one.sent < one.unsent.size()) {
      auto const sent = send(fd, one.unsent.data() + one.sent, one.unsent.size() - one.sent, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (sent < 0) break;
      one.sent += static_cast<std::size_t>(sent);
    }
    bool const is_behind = one.sent < one.unsent.size();
    if (!is_behind) {
      if (one.last) return false;
      one.unsent.clear();
      one.sent = 0;
    }
    if (is_behind != was_behind) watch(fd, EPOLL_CTL_MOD, is_behind ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return true;
  }

  std::string const small_;
  std::string const big_;
  int listener_ = -1;
  int poll_ = -1;
  std::vector<client> clients_;  // by descriptor
};

}  // namespace

int main(int count, char** values) {
  return server(count > 1 ? values[1] : "0").run();
}
