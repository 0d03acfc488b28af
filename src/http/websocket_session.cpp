#include "http/websocket_session.hpp"

#include <array>
#include <utility>

#include "http/websocket_frames.hpp"

namespace krane::http {
namespace {

constexpr std::size_t max_client_message = 64 * 1024;
constexpr std::size_t read_piece = 1024;
constexpr int most_unanswered_pings = 2;
constexpr std::chrono::milliseconds time_to_answer_close{1'000};
// Messages up to this size are copied together: cheaper than naming each piece to the system.
constexpr std::size_t copied_message = 2 * 1024;
constexpr std::size_t bytes_per_write = 256 * 1024;

// Frames of many messages as few pieces.
class frame_batch {
public:
  // Takes messages from `next` on, and moves it.
  frame_batch(std::vector<std::shared_ptr<std::string const>> const& messages, std::size_t& next) {
    std::size_t const first = next;
    std::size_t copied = 0;
    for (std::size_t total = 0; next < messages.size() && total < bytes_per_write; ++next) {
      std::size_t const size = messages[next]->size();
      total += size;
      copied += max_frame_header + (size <= copied_message ? size : 0);
    }
    // Pieces point into it, so it must not move.
    copies_.reserve(copied);
    for (std::size_t i = first; i < next; ++i) {
      std::string const& message = *messages[i];
      append_frame_header(copies_, opcode::text, message.size());
      if (message.size() <= copied_message) {
        copies_ += message;
      } else {
        end_copied_piece();
        parts_.emplace_back(message.data(), message.size());
      }
    }
    end_copied_piece();
  }

  std::span<asio::const_buffer> parts() { return parts_; }

private:
  void end_copied_piece() {
    if (copies_.size() == piece_start_) return;
    parts_.emplace_back(copies_.data() + piece_start_, copies_.size() - piece_start_);
    piece_start_ = copies_.size();
  }

  std::string copies_;
  std::size_t piece_start_ = 0;
  std::vector<asio::const_buffer> parts_;
};

}  // namespace

websocket_session::websocket_session(executor ex, wire& to, byte_buffer& in, std::chrono::milliseconds ping_every)
    : live_stream(ex, to, ping_every), in_(in), read_ended_(ex) {}

task<void> websocket_session::send(std::vector<std::shared_ptr<std::string const>> messages) {
  std::size_t next = 0;
  while (next < messages.size()) {
    if (why() != stream_end::none) co_return failure();
    frame_batch batch(messages, next);
    if (!co_await write_in_turn(batch.parts())) co_return failure();
  }
  if (why() != stream_end::none) co_return failure();
  co_return result<void>{};
}

coroutine<bool> websocket_session::write_frame(std::string frame, bool last) {
  std::array<asio::const_buffer, 1> parts{asio::buffer(frame)};
  co_return co_await write_in_turn(parts, last);
}

coroutine<void> websocket_session::close(std::uint16_t code, std::string reason) {
  co_await write_frame(close_frame(code, reason), true);
}

coroutine<void> websocket_session::closed() {
  co_await wait_for_end();
}

coroutine<void> websocket_session::ping() {
  if (unanswered_pings_++ < most_unanswered_pings)
    co_await write_frame(control_frame(opcode::ping, {}));
  else
    end(stream_end::client_gone);
}

coroutine<bool> websocket_session::act_on_frames(frame_reader& reader) {
  std::string_view bytes = in_.view();
  bool goes_on = true;
  while (goes_on && !bytes.empty()) {
    auto const frame = reader.next(bytes);
    if (!frame) break;
    switch (frame->what) {
      case client_frame::kind::ping:
        co_await write_frame(control_frame(opcode::pong, frame->payload));
        break;
      case client_frame::kind::pong:
        break;
      case client_frame::kind::close:
      case client_frame::kind::violation:
        co_await write_frame(frame->code == 0 ? control_frame(opcode::close, {}) : close_frame(frame->code, {}), true);
        goes_on = false;
        break;
    }
  }
  in_.consume(in_.view().size());
  co_return goes_on;
}

coroutine<void> websocket_session::read_until_closed() {
  frame_reader reader(max_client_message);
  bool has_meaning = true;
  for (;;) {
    if (has_meaning && !co_await act_on_frames(reader)) {
      has_meaning = false;
      to().shut_down_sending();
      end(stream_end::client_gone);
    }
    // What follows a close is taken and dropped: a reset because of unread bytes could take our close with it.
    if (!has_meaning) in_.consume(in_.view().size());
    auto const got = co_await to().read_some(in_.prepare(read_piece), steady_time::max());
    if (got.how != io_end::ok) break;
    in_.commit(got.bytes);
    unanswered_pings_ = 0;
  }
  has_read_all_ = true;
  end(stream_end::client_gone);
  read_ended_.notify_all();
}

coroutine<void> websocket_session::finish(std::uint16_t code, std::string reason) {
  co_await close(code, std::move(reason));
  if (!is_sealed()) co_return;
  to().shut_down_sending();
  if (!has_read_all_) co_await read_ended_.wait_for(time_to_answer_close);
}

}  // namespace krane::http
