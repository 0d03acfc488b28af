#pragma once
// The body_writer of a client: chunks on HTTP/1.1, bare bytes until the close on HTTP/1.0.
#include <string>

#include "http/byte_buffer.hpp"
#include "http/live_stream.hpp"
#include "http/message.hpp"

namespace krane::http {

class stream_body final : public body_writer, public live_stream {
public:
  stream_body(executor ex, wire& to, std::chrono::milliseconds ping_every, bool chunked);

  task<void> write(std::string bytes) override;
  coroutine<void> closed() override;

  // Ends when the client does, or the socket is closed. What the client sends is dropped.
  coroutine<void> read_until_closed();
  // The end that tells the client that the body is whole; `parting` before it.
  coroutine<void> finish(std::string parting);

private:
  // A body's pings are its producer's business: only that knows what they may look like.
  coroutine<void> ping() override;
  coroutine<bool> write_chunk(std::string_view bytes);

  bool chunked_;
};

}  // namespace krane::http
