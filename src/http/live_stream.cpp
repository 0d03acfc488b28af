#include "http/live_stream.hpp"

namespace krane::http {

void live_stream::end(stream_end why) {
  if (why_ != stream_end::none) return;
  why_ = why;
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

}  // namespace krane::http
