#pragma once
// What a body without an end and a WebSocket have in common: one writer at a time, and an end that may come from the
// client or the server while the handler waits for something else.
//
// Threads: the network thread.
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstddef>
#include <span>

#include "base/async.hpp"
#include "base/task.hpp"
#include "http/wire.hpp"

namespace krane::http {

enum class stream_end { none, client_gone, too_slow, stopping };

class live_stream {
public:
  // `ping_every`: how often ping() is called.
  live_stream(executor ex, wire& to, std::chrono::milliseconds ping_every);
  virtual ~live_stream() = default;
  live_stream(live_stream const&) = delete;

  // The first reason stays.
  void end(stream_end why);
  stream_end why() const { return why_; }
  coroutine<void> wait_for_end();
  // Pings until the end; then gives the handler a moment to return by itself, and returns.
  coroutine<void> watch();

protected:
  // Once no other write is under way. `last`: nothing is written after it. False if it could not be written.
  coroutine<bool> write_in_turn(std::span<asio::const_buffer> parts, bool last = false);
  // Why nothing can be written.
  error failure() const;
  bool is_sealed() const { return sealed_; }
  wire& to() { return wire_; }

private:
  virtual coroutine<void> ping() = 0;

  wire& wire_;
  std::chrono::milliseconds ping_every_;
  signal changed_;
  signal turn_;
  stream_end why_ = stream_end::none;
  bool writing_ = false;
  bool sealed_ = false;
  int writes_in_a_row_ = 0;
};

}  // namespace krane::http
