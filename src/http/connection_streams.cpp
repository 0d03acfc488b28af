// How a connection ends its life as a stream.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/connection.hpp"
#include "http/response_head.hpp"
#include "http/stream_body.hpp"
#include "http/websocket_frames.hpp"
#include "http/websocket_session.hpp"

namespace krane::http {
namespace {

using asio::experimental::awaitable_operators::operator||;
using asio::experimental::awaitable_operators::operator&&;

// The kernel's patience with a peer that has vanished without a word.
constexpr std::chrono::milliseconds vanished_after{30'000};
constexpr std::uint16_t normal_closure = 1000;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t internal_error = 1011;
constexpr char const* stopping_text = "server is stopping";

// Runs the handler's part. Whether it returned by itself; it never throws, so that no stream is left without its end.
template <class Stream>
coroutine<void> run_handler(std::function<coroutine<void>(Stream&)> const& body, Stream& to, std::string const& id,
                            bool& failed) {
  std::exception_ptr failure;
  try {
    co_await body(to);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  failed = true;
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
  try {
    std::rethrow_exception(failure);
  } catch (std::exception const& e) {
    log::error("http", fmt::format("request {}: its stream failed: {}", id, e.what()));
  } catch (...) {
    log::error("http", fmt::format("request {}: its stream failed", id));
  }
}

// The handler's part, and then the end that the client sees.
coroutine<void> talk(stream_response const& r, stream_body& body, wire& to, std::string const& id) {
  bool failed = false;
  body_writer& writer = body;
  co_await (run_handler<body_writer>(r.produce, writer, id, failed) || body.watch());
  bool const stopping = body.why() == stream_end::stopping;
  bool const is_events = r.content_type.starts_with("text/event-stream");
  // A body that was cut short must not look whole; an event stream has no end to miss, and says why it stops.
  if (stopping && is_events)
    co_await body.finish(fmt::format(": {}\n\n", stopping_text));
  else if (!stopping && !failed)
    co_await body.finish({});
  to.shut_down_sending();
  to.close();
}

coroutine<void> talk(websocket_response const& r, websocket_session& session, wire& to, std::string const& id) {
  bool failed = false;
  web_socket& socket = session;
  co_await (run_handler<web_socket>(r.serve, socket, id, failed) || session.watch());
  if (session.why() == stream_end::stopping)
    co_await session.finish(going_away, stopping_text);
  else if (failed)
    co_await session.finish(internal_error, "the server failed");
  else
    co_await session.finish(normal_closure, {});
  to.close();
}

}  // namespace

coroutine<void> connection::answer_stream(stream_response r) {
  bool const chunked = !head_.is_http_1_0;
  out_.clear();
  append_reply_head(out_, {.status = r.status,
                           .content_type = r.content_type,
                           .headers = &r.headers,
                           .request_id = head_.req.id,
                           .framing = chunked ? reply_framing::chunked : reply_framing::until_close,
                           .close = true});
  log_request(r.status);
  if (!co_await send(out_, {}) || head_.req.method == "HEAD") co_return;
  wire_.drop_silent_peer_after(vanished_after);
  stream_body body(co_await asio::this_coro::executor, wire_, context_.lim.ping_every, chunked);
  enter_stream(body);
  co_await (talk(r, body, wire_, head_.req.id) && body.read_until_closed());
  stream_ = nullptr;
}

coroutine<void> connection::answer_websocket(websocket_response r) {
  if (!head_.req.wants_websocket) {
    co_await refuse({426, "upgrade_required", "this address speaks WebSocket only"});
    co_return;
  }
  header_list headers = std::move(r.headers);
  headers.add("Upgrade", "websocket");
  headers.add("Sec-WebSocket-Accept", websocket_accept(*head_.req.headers.find("Sec-WebSocket-Key")));
  if (r.subprotocol) headers.add("Sec-WebSocket-Protocol", *r.subprotocol);
  out_.clear();
  append_reply_head(out_, {.status = 101,
                           .content_type = {},
                           .headers = &headers,
                           .request_id = head_.req.id,
                           .framing = reply_framing::upgrade});
  log_request(101);
  if (!co_await send(out_, {})) co_return;
  wire_.drop_silent_peer_after(vanished_after);
  websocket_session session(co_await asio::this_coro::executor, wire_, in_, context_.lim.ping_every);
  enter_stream(session);
  co_await (talk(r, session, wire_, head_.req.id) && session.read_until_closed());
  stream_ = nullptr;
}

void connection::enter_stream(live_stream& s) {
  phase_ = phase::in_stream;
  stream_ = &s;
  if (context_.stopping) s.end(stream_end::stopping);
}

}  // namespace krane::http
