#pragma once
// One client from accept to close: reads requests one after the other, has them answered, keeps the limits.
//
// Threads: the network thread.
// Lifetime: the context outlives it; run() must have ended before it is destroyed.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/byte_buffer.hpp"
#include "http/head_parser.hpp"
#include "http/live_stream.hpp"
#include "http/server.hpp"
#include "http/wire.hpp"

namespace krane::http {

// What all connections of one server share.
struct connection_context {
  limits lim;
  handler handle;
  error_body make_error_body;
  bool stopping = false;
  std::uint64_t next_request = 0;

  // Differs for each request, over restarts too.
  std::string make_request_id();
};

class connection {
public:
  connection(connection_context& context, tcp_socket socket, std::string remote_address);

  // Returns when the client has been told all and the socket is closed.
  coroutine<void> run();
  void look_at_clock(steady_time now) { wire_.look_at_clock(now); }
  // No further request is read; an idle connection ends at once, a stream is told to.
  void stop();

private:
  enum class phase { idle, in_request, in_stream, leaving };

  coroutine<bool> serve_one();
  coroutine<bool> read_head();
  coroutine<std::optional<refusal>> read_body();
  coroutine<std::optional<refusal>> read_more_body(steady_time until);
  coroutine<reply> ask_handler();
  coroutine<bool> answer(response r, bool keep);
  coroutine<void> refuse(refusal why);
  coroutine<void> answer_stream(stream_response r);
  coroutine<void> answer_websocket(websocket_response r);
  void enter_stream(live_stream& s);
  coroutine<void> linger();
  coroutine<bool> send(std::string_view head, std::string_view body);
  bool skip_empty_line();
  void log_request(int status);

  connection_context& context_;
  wire wire_;
  std::string remote_address_;
  byte_buffer in_;
  std::string out_;
  request_head head_;
  std::size_t head_bytes_ = 0;
  std::size_t served_ = 0;
  steady_time began_;  // this request
  phase phase_ = phase::idle;
  live_stream* stream_ = nullptr;
  bool linger_ = false;
};

}  // namespace krane::http
