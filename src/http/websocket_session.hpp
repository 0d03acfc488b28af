#pragma once
// The web_socket of a client, from the answered handshake to the close.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/byte_buffer.hpp"
#include "http/live_stream.hpp"
#include "http/message.hpp"

namespace krane::http {

class websocket_session final : public web_socket, public live_stream {
public:
  // `in`: what the client sent behind its request already.
  websocket_session(executor ex, wire& to, byte_buffer& in, std::chrono::milliseconds ping_every);

  task<void> send(std::vector<std::shared_ptr<std::string const>> messages) override;
  coroutine<void> close(std::uint16_t code, std::string reason) override;
  coroutine<void> closed() override;

  // Answers pings and the client's close; ends when the client does, or the socket is closed.
  coroutine<void> read_until_closed();
  // Closes with this code unless that has been done, and waits a moment for the client's answer.
  coroutine<void> finish(std::uint16_t code, std::string reason);

private:
  coroutine<void> ping() override;
  coroutine<bool> write_frame(std::string frame, bool last = false);
  // False when there is nothing more to read.
  coroutine<bool> act_on_frames(class frame_reader& reader);

  byte_buffer& in_;
  signal read_ended_;
  bool has_read_all_ = false;
  int unanswered_pings_ = 0;
};

}  // namespace krane::http
