#pragma once
// What the contract of the engine interface is tried on: the scripted engine, and a real one where there is one.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "engine/engine.hpp"
#include "support/scripted_engine.hpp"

namespace krane::test {

enum class backend { scripted, docker };

// KRANE_TEST_DOCKER_HOST, if it is set.
std::optional<std::string> real_engine_address();

class engine_backend {
public:
  explicit engine_backend(backend kind);

  std::string const& address() const { return address_; }
  // host[:port] of a registry that the engine pulls from and that knows for certain what it does not have.
  std::string const& registry() const { return registry_; }
  // Null on a real engine.
  scripted_engine* scripted() { return scripted_.get(); }

private:
  std::unique_ptr<scripted_engine> scripted_;
  std::string address_;
  std::string registry_;
};

// A port of this host on which nothing listens now.
port free_host_port();

// Something of the test's own that listens on all addresses of the host.
class host_listener {
public:
  host_listener();
  ~host_listener();
  host_listener(host_listener const&) = delete;
  port number() const { return port_; }

private:
  int fd_ = -1;
  port port_ = 0;
};

// Connects; false when it is refused or not there.
bool accepts(std::string const& address, port p);

}  // namespace krane::test
