#include "test_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#include "http/syntax.hpp"

namespace krane::http::test {
namespace {

constexpr std::chrono::seconds patience{20};

}  // namespace

std::string plain_error(int status, std::string const& reason, std::string const& message) {
  return fmt::format(R"({{"status":{},"reason":"{}","message":"{}"}})", status, reason, message);
}

std::string answer::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    auto const end = std::min(rest.find("\r\n"), rest.size());
    auto const line = rest.substr(0, end);
    auto const colon = line.find(':');
    if (colon != line.npos && equals_without_case(line.substr(0, colon), name))
      return std::string(trim_blanks(line.substr(colon + 1)));
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return {};
}

test_client::test_client(int fd) : fd_(fd) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
}

test_client::test_client(std::uint16_t port, int receive_buffer)
    : test_client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  connect(port);
}

void test_client::connect(std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
    throw std::system_error(errno, std::generic_category(), "connect");
}

test_client test_client::connect_with(int fd, std::uint16_t port) {
  test_client client(fd);
  client.connect(port);
  return client;
}

bool test_client::has_input() const {
  pollfd waiting{fd_, POLLIN, 0};
  return poll(&waiting, 1, 0) == 1;
}

test_client::~test_client() {
  if (fd_ >= 0) close(fd_);
}

test_client& test_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return *this;  // the server closed; what it answered says why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return *this;
}

bool test_client::read_more() {
  pollfd waiting{fd_, POLLIN, 0};
  auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  if (poll(&waiting, 1, static_cast<int>(ms)) <= 0)
    throw std::runtime_error("the server sends nothing; so far: " + in_);
  char buffer[65536];
  ssize_t const got = recv(fd_, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  in_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::string test_client::read_until(std::string_view mark) {
  std::size_t at = 0;
  while ((at = in_.find(mark)) == in_.npos)
    if (!read_more()) throw std::runtime_error("the server closed; so far: " + in_);
  return read_bytes(at + mark.size());
}

std::string test_client::read_bytes(std::size_t count) {
  while (in_.size() < count)
    if (!read_more()) throw std::runtime_error("the server closed; so far: " + in_);
  std::string const bytes = in_.substr(0, count);
  in_.erase(0, count);
  return bytes;
}

answer test_client::read_answer(bool has_body) {
  answer a;
  a.head = read_until("\r\n\r\n");
  if (!a.head.starts_with("HTTP/1.1 ")) throw std::runtime_error("not an answer: " + a.head);
  a.status = std::stoi(a.head.substr(9, 3));
  if (auto const length = a.header("Content-Length"); has_body && !length.empty())
    a.body = read_bytes(std::stoul(length));
  return a;
}

std::string test_client::read_to_end() {
  while (read_more()) {
  }
  return std::exchange(in_, {});
}

bool test_client::is_closed() {
  return in_.empty() && !read_more();
}

void test_client::shut_down_sending() {
  shutdown(fd_, SHUT_WR);
}

running_server::running_server(handler handle, limits lim) {
  auto made = make_server(loop_.get_executor(), "127.0.0.1", 0, lim, std::move(handle), plain_error);
  if (!made) throw std::runtime_error(made.error().message);
  server_ = std::move(*made);
  port_ = server_->port();
  server_->start();
  thread_ = std::thread([this] { loop_.run(); });
}

running_server::~running_server() {
  stop(std::chrono::milliseconds{50});
  keep_.reset();
  thread_.join();
}

answer running_server::ask(std::string_view bytes) const {
  return connect().send(bytes).read_answer();
}

void running_server::start_to_stop(std::chrono::milliseconds grace) {
  if (std::exchange(stop_began_, true)) return;
  asio::co_spawn(loop_.get_executor(), server_->stop(grace), [this](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    stopped_ = true;
  });
}

void running_server::wait_until_stopped() {
  wait_until([this] { return stopped_.load(); }, "the server has stopped");
}

std::chrono::milliseconds running_server::stop(std::chrono::milliseconds grace) {
  auto const began = std::chrono::steady_clock::now();
  start_to_stop(grace);
  wait_until_stopped();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
}

response text(int status, std::string body) {
  response r;
  r.status = status;
  r.content_type = "text/plain";
  r.body = std::make_shared<std::string const>(std::move(body));
  return r;
}

coroutine<reply> echo(request& req) {
  std::string query;
  for (auto const& [name, value] : req.query) query += name + "=" + value + ";";
  co_return text(200, fmt::format("{} {}|{}|{}|{}", req.method, req.path, query,
                                  req.headers.find("X-Test").value_or("-"), req.body));
}

void wait_until(std::function<bool()> const& holds, char const* what) {
  auto const until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) {
      ADD_FAILURE() << "waited in vain: " << what;
      return;
    }
    std::this_thread::yield();
  }
}

}  // namespace krane::http::test
