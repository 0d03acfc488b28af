#pragma once
// Listens, speaks HTTP/1.1 and WebSocket, keeps every limit, and asks one handler for the reply. Knows no route.
//
// Threads: the network thread.
// Lifetime: stop() must have returned before it is destroyed.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/task.hpp"
#include "http/message.hpp"

namespace krane::http {

struct limits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t header_fields = 100;
  std::size_t body_bytes = 1024 * 1024;
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_time{30'000};
  std::chrono::milliseconds idle{60'000};
  std::chrono::milliseconds write{10'000};
  std::chrono::milliseconds ping_every{20'000};
  std::size_t connections = 20'000;  // beyond them, accept waits
};

// Called for each well-formed request. An exception it throws is logged with the request's id and answered 500.
using handler = std::function<coroutine<reply>(request&)>;
// The body of an answer that the handler did not make (400, 408, 413, 431, 500…).
using error_body = std::function<std::string(int status, std::string const& reason, std::string const& message)>;

class server {
public:
  virtual ~server() = default;
  // The port it really listens on (asked for 0: the one the system gave).
  virtual std::uint16_t port() const = 0;
  virtual void start() = 0;
  // At once: no new connection is accepted, idle ones are closed; streams are ended with a reason (WebSocket 1001),
  // requests under way get until `grace`; then what is left is cut.
  virtual coroutine<void> stop(std::chrono::milliseconds grace) = 0;
};

// Binds and listens at once, so that "port in use" is known (errc::conflict, port_in_use, naming address and port;
// errc::invalid for an address that is none or not of this machine).
result<std::unique_ptr<server>> make_server(executor network, std::string address, std::uint16_t port, limits, handler,
                                            error_body);

}  // namespace krane::http
