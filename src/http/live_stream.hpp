#pragma once
// What a stream without an end and a WebSocket have in common: the client may go, or the server stop, while the
// handler waits for something else.
//
// Threads: the network thread.
#include <chrono>
#include <cstdint>

#include "base/async.hpp"
#include "base/task.hpp"
#include "http/wire.hpp"

namespace krane::http {

enum class stream_end { none, client_gone, too_slow, stopping };

class live_stream {
public:
  explicit live_stream(executor ex) : changed_(ex) {}
  virtual ~live_stream() = default;
  live_stream(live_stream const&) = delete;

  // The first reason stays.
  void end(stream_end why);
  stream_end why() const { return why_; }
  // After the end: why nothing can be written.
  error failure() const;
  coroutine<void> wait_for_end();

private:
  signal changed_;
  stream_end why_ = stream_end::none;
};

}  // namespace krane::http
