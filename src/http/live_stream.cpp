#include "http/live_stream.hpp"

#include <boost/asio/post.hpp>

namespace krane::http {
namespace {

// How long a handler may take to see that its stream has ended, before it is cancelled.
constexpr std::chrono::milliseconds time_to_return{250};
// A client that takes all at once would else keep the thread to itself.
constexpr int most_writes_in_a_row = 32;

}  // namespace

live_stream::live_stream(executor ex, wire& to, std::chrono::milliseconds ping_every)
    : wire_(to), ping_every_(ping_every), changed_(ex), turn_(ex) {}

void live_stream::end(stream_end why) {
  if (why_ != stream_end::none) return;
  // A write that is late ends the read under way too, which may be the first to be told.
  why_ = why == stream_end::client_gone && wire_.was_late() ? stream_end::too_slow : why;
  changed_.notify_all();
}

error live_stream::failure() const {
  switch (why_) {
    case stream_end::stopping:
      return make_error(errc::cancelled, "server_stopping", "the server is stopping");
    case stream_end::too_slow:
      return make_error(errc::timed_out, "client_too_slow", "the client does not read what is sent to it");
    case stream_end::client_gone:
    case stream_end::none:
      break;
  }
  return make_error(errc::cancelled, "client_gone", "the client has closed the connection");
}

coroutine<void> live_stream::wait_for_end() {
  while (why_ == stream_end::none) co_await changed_.wait();
}

coroutine<void> live_stream::watch() {
  while (why_ == stream_end::none) {
    co_await changed_.wait_for(ping_every_);
    if (why_ == stream_end::none) co_await ping();
  }
  co_await sleep_for(time_to_return);
}

coroutine<bool> live_stream::write_in_turn(std::span<asio::const_buffer> parts, bool last) {
  while (writing_) co_await turn_.wait();
  if (sealed_ || !wire_.is_writable()) co_return false;
  sealed_ = last;
  auto how = wire_.try_write(parts);
  if (how == io_end::ok && !parts.empty()) {
    struct turn {
      live_stream& owner;
      explicit turn(live_stream& o) : owner(o) { owner.writing_ = true; }
      ~turn() {
        owner.writing_ = false;
        owner.turn_.notify_all();
      }
    };
    turn const mine(*this);
    how = co_await wire_.write(parts);
    writes_in_a_row_ = 0;
  }
  if (how != io_end::ok) {
    end(how == io_end::late ? stream_end::too_slow : stream_end::client_gone);
    co_return false;
  }
  if (++writes_in_a_row_ > most_writes_in_a_row) {
    writes_in_a_row_ = 0;
    co_await asio::post(use_coroutine);
  }
  co_return true;
}

}  // namespace krane::http
