#pragma once
// A client that writes exactly the bytes that a test gives it and reads what comes back, and a server for it to talk
// to. The client blocks (with a limit) on the test's thread; the server has a thread and loop of its own.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/server.hpp"

namespace krane::http::test {

// {"status":400,"reason":"malformed"}: enough to see who answered.
std::string plain_error(int status, std::string const& reason, std::string const& message);

struct answer {
  int status = 0;
  std::string head;  // with its empty line
  std::string body;  // as sent: chunks are not taken apart
  std::string header(std::string_view name) const;
};

class test_client {
public:
  explicit test_client(std::uint16_t port, int receive_buffer = 0);
  // On a socket that was made before.
  static test_client connect_with(int fd, std::uint16_t port);
  ~test_client();
  test_client(test_client&& other) noexcept : fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)) {}

  test_client& send(std::string_view bytes);
  // Bytes by Content-Length after it; `has_body` false for an answer to HEAD.
  answer read_answer(bool has_body = true);
  // Until `mark` has come; with it.
  std::string read_until(std::string_view mark);
  std::string read_bytes(std::size_t count);
  // All until the server closes. Fails the test if it does not.
  std::string read_to_end();
  // The server has closed, and sent nothing more.
  bool is_closed();
  // Something to read has come, or the end has.
  bool has_input() const;
  void shut_down_sending();
  int fd() const { return fd_; }

private:
  explicit test_client(int fd);
  void connect(std::uint16_t port);
  bool read_more();
  int fd_;
  std::string in_;
};

class running_server {
public:
  explicit running_server(handler handle, limits lim = {});
  ~running_server();

  std::uint16_t port() const { return port_; }
  test_client connect() const { return test_client(port_); }
  // The answer to these bytes on a connection of their own.
  answer ask(std::string_view bytes) const;
  // Returns how long it took.
  std::chrono::milliseconds stop(std::chrono::milliseconds grace);
  void start_to_stop(std::chrono::milliseconds grace);
  bool has_stopped() const { return stopped_; }
  void wait_until_stopped();
  asio::io_context& loop() { return loop_; }

private:
  asio::io_context loop_{1};
  asio::executor_work_guard<executor> keep_{loop_.get_executor()};
  std::unique_ptr<server> server_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_ = false;
  bool stop_began_ = false;
  std::thread thread_;
};

// "METHOD path|query|header x|body": what the handler saw.
coroutine<reply> echo(request& req);
response text(int status, std::string body);

// Fails the test when `holds` does not become true within some seconds.
void wait_until(std::function<bool()> const& holds, char const* what);

}  // namespace krane::http::test
