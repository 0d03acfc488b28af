#pragma once
// A client that asks for "/" on 127.0.0.1 every 2 ms, each time on a connection of its own, on a thread of its own.
#include <cstdint>
#include <memory>

namespace krane::bench {

class knocker {
public:
  // Returns when the first answer has come.
  explicit knocker(std::uint16_t port);
  ~knocker();
  // Until an answer has come again; the longest time without one, in milliseconds.
  double finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace krane::bench
