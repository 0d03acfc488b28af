#pragma once
// A TCP port of the loopback that leads to a unix socket: an engine that listens on a unix socket, reached as one that
// listens on TCP. Runs on the caller's loop, from construction to destruction of the loop.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "model/spec.hpp"

namespace krane::test {

class tcp_relay {
public:
  tcp_relay(boost::asio::io_context& loop, std::string unix_path);
  ~tcp_relay();
  port number() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace krane::test
