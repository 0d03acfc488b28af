#pragma once
// HAProxy's messages about connections that had to wait or were refused, counted by port.
//
// Threads: the network thread.
#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/task.hpp"
#include "model/spec.hpp"

namespace krane::haproxy {

class connection_log {
public:
  explicit connection_log(executor network) : socket_(network) {}

  // A socket in the file system that takes the messages; one left behind there is replaced.
  result<void> open(std::string const& path);
  coroutine<void> read();  // until it is cancelled

  struct counts {
    std::uint64_t held = 0;
    std::chrono::milliseconds longest_wait{0};
    std::uint64_t refused = 0;
  };
  counts of(port host) const;
  void forget(port host) { counts_.erase(host); }

private:
  asio::basic_datagram_socket<asio::local::datagram_protocol, executor> socket_;
  std::map<port, counts> counts_;
};

}  // namespace krane::haproxy
