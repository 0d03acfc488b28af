#include "api/sse_pipe.hpp"

#include <algorithm>
#include <utility>

namespace krane {
namespace {

// More than this waits for the client.
constexpr std::size_t max_pending_bytes = 256 * 1024;

}  // namespace

void append_sse(std::string& to, sse_event const& e) {
  if (!e.name.empty()) to.append("event: ").append(e.name) += '\n';
  if (!e.id.empty()) to.append("id: ").append(e.id) += '\n';
  std::string_view rest = e.data;
  for (;;) {
    auto const end = rest.find_first_of("\r\n");
    to.append("data: ").append(rest.substr(0, end)) += '\n';
    if (end == rest.npos) break;
    rest.remove_prefix(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  to += '\n';
}

sse_pipe::sse_pipe(executor network, http::body_writer& out, std::chrono::milliseconds ping_every)
    : out_(out), ping_every_(ping_every), filled_(network), drained_(network) {}

task<void> sse_pipe::put(std::string events) {
  while (!broken_ && pending_.size() >= max_pending_bytes) co_await drained_.wait();
  if (broken_) co_return make_error(errc::cancelled, "the client is gone");
  bool const was_empty = pending_.empty();
  if (was_empty)
    pending_ = std::move(events);
  else
    pending_ += events;
  if (was_empty) filled_.notify_all();
  co_return result<void>{};
}

void sse_pipe::finish() {
  finished_ = true;
  filled_.notify_all();
}

coroutine<void> sse_pipe::run() {
  auto next_ping = timer::clock_type::now() + ping_every_;
  while (!broken_) {
    auto const now = timer::clock_type::now();
    if (now >= next_ping) {
      pending_ += ": ping\n\n";
      next_ping = now + ping_every_;
    }
    if (pending_.empty()) {
      if (finished_) co_return;
      co_await filled_.wait_for(next_ping - now);
      continue;
    }
    auto const written = co_await out_.write(std::exchange(pending_, {}));
    broken_ = !written;
    drained_.notify_all();
  }
}

}  // namespace krane
