#pragma once
// Many WebSocket readers of one deployment's events, on a thread of their own.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace krane::bench {

class readers {
public:
  // `handshake` is the whole upgrade request. Returns when all are connected.
  readers(std::uint16_t port, std::string handshake, std::size_t count);
  ~readers();

  struct figures {
    std::size_t messages = 0;        // of all readers together
    std::size_t closed = 0;          // readers that the server closed
    double last_after_ms = 0;        // from reset() to the last message
    std::vector<double> latency_ms;  // from an event's own time to its arrival
  };
  // Forgets what was counted.
  void reset();
  // When nothing has come for 300 ms.
  figures settled();

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace krane::bench
