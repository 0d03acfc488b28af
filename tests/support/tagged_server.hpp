#pragma once
// Stands in for a container's app: accepts on an address, sends its tag to whoever connects, and keeps the connection
// until the other side closes it.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace krane::test {

class tagged_server {
public:
  // Port 0: any free one. Throws when it cannot listen.
  tagged_server(std::string address, std::uint16_t port, std::string tag);
  ~tagged_server();  // closes every connection
  tagged_server(tagged_server const&) = delete;

  // Connections that it took and nobody has closed, as it last saw.
  std::size_t open() const { return count_; }
  std::string const& address() const { return address_; }
  std::uint16_t port() const { return port_; }

private:
  void serve();
  void forget_closed();

  std::string address_;
  std::uint16_t port_ = 0;
  std::string tag_;
  int listener_ = -1;
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> count_ = 0;
  std::vector<int> open_;
  std::thread thread_;
};

// A client's connection, blocking; every wait ends after 15 s.
class tcp_client {
public:
  tcp_client(std::string const& address, std::uint16_t port);
  ~tcp_client();
  tcp_client(tcp_client const&) = delete;

  bool connected() const { return fd_ >= 0; }
  // The next bytes, at most as many as asked for; empty at the end of the connection.
  std::string read(std::size_t most = 100);
  // Whether the other side has closed it, without waiting.
  bool closed();

private:
  int fd_ = -1;
};

}  // namespace krane::test
