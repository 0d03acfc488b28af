#pragma once
// A server that says exactly what it is told to, on the caller's loop: what no well-behaved server says, at the very
// moment that a test wants it.
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "client/endpoint.hpp"

namespace krane::test {

class raw_server {
public:
  explicit raw_server(asio::io_context& loop);
  raw_server(asio::io_context& loop, std::string unix_path);
  ~raw_server();

  client::endpoint where() const;

  // What the next request is answered with, and whether the connection is closed after it. Without an answer a request
  // waits for ever.
  void answer(std::string bytes, bool then_close = false);
  // The next connection is closed at once.
  void hang_up();
  // As whole as they came, in order.
  std::vector<std::string> const& requests() const;
  int connections() const;
  // Those that are open now are closed.
  void cut();

private:
  struct state;
  std::shared_ptr<state> state_;
};

std::string http_answer(int status, std::string const& body, std::string const& type = "application/json",
                        std::string const& more_headers = "");

}  // namespace krane::test
