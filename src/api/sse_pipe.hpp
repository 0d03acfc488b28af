#pragma once
// Server-sent events on their way to one client: what is put in while a write is under way goes out together with the
// next, and a comment every 15 seconds keeps the connection known to be alive.
//
// Threads: the network thread.
// Source: WHATWG HTML, "Server-sent events".
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "base/task.hpp"
#include "http/message.hpp"

namespace krane {

inline constexpr std::chrono::seconds sse_ping_every{15};

struct sse_event {
  std::string_view name{};  // empty: an unnamed one, which a browser's onmessage gets
  std::string_view id{};    // empty: none
  std::string_view data;
};
// Line ends within the data become several "data:" lines, as the format wants it.
void append_sse(std::string& to, sse_event const& e);

class sse_pipe {
public:
  sse_pipe(executor network, http::body_writer& out, std::chrono::milliseconds ping_every);

  // Waits while the client is behind. Fails when it is gone.
  task<void> put(std::string events);
  // Nothing is put in after this.
  void finish();
  // Writes until all that was put in before finish() is out, or the client is gone.
  coroutine<void> run();

private:
  http::body_writer& out_;
  std::chrono::milliseconds ping_every_;
  std::string pending_;
  bool finished_ = false;
  bool broken_ = false;
  signal filled_;
  signal drained_;
};

}  // namespace krane
