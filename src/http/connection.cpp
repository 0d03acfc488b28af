#include "http/connection.hpp"

#include <array>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "http/chunk_decoder.hpp"
#include "http/response_head.hpp"
#include "http/syntax.hpp"

namespace krane::http {
namespace {

constexpr std::size_t small_read = 2 * 1024;
constexpr std::size_t body_read = 16 * 1024;
// After a refusal: how long and how much is still taken from a client that goes on sending. Without this the system
// would reset the connection, and the client might never see why it was refused.
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::size_t linger_bytes = 256 * 1024;

std::string describe(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (std::exception const& e) {
    return e.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace

std::string connection_context::make_request_id() {
  if (next_request == 0) {
    std::array<std::uint8_t, 8> bytes{};
    fill_random(bytes);
    for (std::uint8_t const byte : bytes) next_request = next_request << 8 | byte;
  }
  // splitmix64: a permutation, so that no two of 2^64 are the same, in a few nanoseconds.
  std::uint64_t mixed = next_request += 0x9E3779B97F4A7C15U;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBU;
  mixed ^= mixed >> 31;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id(16, '0');
  for (char& digit : id) {
    digit = digits[mixed & 15];
    mixed >>= 4;
  }
  return id;
}

connection::connection(connection_context& context, tcp_socket socket, std::string remote_address)
    : context_(context), wire_(std::move(socket), context.lim.write), remote_address_(std::move(remote_address)) {}

void connection::stop() {
  switch (phase_) {
    case phase::idle:
    case phase::leaving:
      // A request that has just come in is still answered: only a waiting read ends.
      wire_.interrupt();
      break;
    case phase::in_stream:
      if (stream_ != nullptr) stream_->end(stream_end::stopping);
      break;
    case phase::in_request:
      break;
  }
}

coroutine<void> connection::run() {
  try {
    while (co_await serve_one()) ++served_;
    if (linger_) co_await linger();
  } catch (asio::multiple_exceptions const& several) {
    // Both halves of a cancelled stream say that they were.
    std::rethrow_exception(several.first_exception());
  }
  wire_.close();
}

coroutine<bool> connection::serve_one() {
  head_ = {};
  if (!co_await read_head()) co_return false;
  phase_ = phase::in_request;
  began_ = std::chrono::steady_clock::now();
  auto parsed = parse_head(in_.view().substr(0, head_bytes_));
  in_.consume(head_bytes_);
  if (!parsed) {
    co_await refuse(std::move(parsed.error()));
    co_return false;
  }
  head_ = std::move(*parsed);
  if (head_.req.id.empty()) head_.req.id = context_.make_request_id();
  head_.req.remote_address = remote_address_;
  if (head_.body != body_kind::none) {
    if (auto refused = co_await read_body()) {
      co_await refuse(std::move(*refused));
      co_return false;
    }
  }
  reply made = co_await ask_handler();
  if (auto* const plain = std::get_if<response>(&made)) co_return co_await answer(std::move(*plain), head_.keep_alive);
  if (auto* const stream = std::get_if<stream_response>(&made))
    co_await answer_stream(std::move(*stream));
  else
    co_await answer_websocket(std::move(std::get<websocket_response>(made)));
  co_return false;
}

// RFC 9112 §2.2: one empty line before a request is to be overlooked. False while only half of it has come.
bool connection::skip_empty_line() {
  if (in_.view() == "\r") return false;
  if (in_.view().starts_with("\r\n")) in_.consume(2);
  return true;
}

coroutine<bool> connection::read_head() {
  head_scanner scanner(context_.lim);
  auto const now = std::chrono::steady_clock::now();
  bool const may_idle = served_ > 0 && in_.empty();
  steady_time until = now + (may_idle ? context_.lim.idle : context_.lim.header_time);
  bool at_start = true;
  for (;;) {
    if (at_start && !in_.empty()) at_start = !skip_empty_line();
    if (!in_.empty() && !at_start) {
      auto const scanned = scanner.scan(in_.view());
      if (!scanned) {
        co_await refuse(scanned.error());
        co_return false;
      }
      if (*scanned) {
        head_bytes_ = **scanned;
        co_return true;
      }
    }
    bool const was_empty = in_.empty();
    phase_ = was_empty ? phase::idle : phase::in_request;
    if (was_empty && context_.stopping) co_return false;
    if (was_empty) in_.shrink_to(small_read);
    auto const got = co_await wire_.read_some(in_.prepare(small_read), until);
    if (got.how != io_end::ok) {
      if (got.how == io_end::late && !was_empty)
        co_await refuse({408, "request_timeout", "the request's header did not come in time"});
      co_return false;
    }
    in_.commit(got.bytes);
    if (was_empty && may_idle) until = std::chrono::steady_clock::now() + context_.lim.header_time;
  }
}

coroutine<std::optional<refusal>> connection::read_more_body(steady_time until) {
  auto const got = co_await wire_.read_some(in_.prepare(body_read), until);
  if (got.how == io_end::late) co_return refusal{408, "request_timeout", "the request's body did not come in time"};
  // Nobody is left to read the answer, but the connection ends by the same way.
  if (got.how != io_end::ok) co_return bad_request("the request ended in the middle of its body");
  in_.commit(got.bytes);
  co_return std::nullopt;
}

coroutine<std::optional<refusal>> connection::read_body() {
  std::size_t const most = context_.lim.body_bytes;
  if (head_.body == body_kind::sized && head_.body_bytes > most)
    co_return refusal{413, "too_large", fmt::format("a request's body may have {} bytes", most)};
  if (head_.expects_continue && in_.empty() && !co_await send("HTTP/1.1 100 Continue\r\n\r\n", {}))
    co_return bad_request("the client is gone");
  steady_time const until = std::chrono::steady_clock::now() + context_.lim.body_time;
  std::string& body = head_.req.body;
  chunk_decoder chunks(most);
  for (;;) {
    if (head_.body == body_kind::sized) {
      std::size_t const piece = std::min(in_.view().size(), head_.body_bytes - body.size());
      body.append(in_.view().substr(0, piece));
      in_.consume(piece);
      if (body.size() == head_.body_bytes) co_return std::nullopt;
    } else {
      auto const taken = chunks.feed(in_.view(), body);
      if (!taken) co_return taken.error();
      in_.consume(*taken);
      if (chunks.done()) co_return std::nullopt;
    }
    if (auto refused = co_await read_more_body(until)) co_return refused;
  }
}

coroutine<reply> connection::ask_handler() {
  std::exception_ptr failure;
  try {
    co_return co_await context_.handle(head_.req);
  } catch (...) {
    failure = std::current_exception();
  }
  // What a cancelled connection throws is its end, not a fault of the handler's.
  auto const state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) std::rethrow_exception(failure);
  log::error("http", fmt::format("request {}: {} {} failed: {}", head_.req.id, head_.req.method, head_.req.path,
                                 describe(failure)));
  response r;
  r.status = 500;
  r.body = std::make_shared<std::string const>(
      context_.make_error_body(500, "internal", "the server failed at this request; its log says more"));
  co_return r;
}

coroutine<bool> connection::send(std::string_view head, std::string_view body) {
  std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  std::span<asio::const_buffer> left(parts);
  auto const how = wire_.try_write(left);
  if (how != io_end::ok || left.empty()) co_return how == io_end::ok;
  co_return co_await wire_.write(left) == io_end::ok;
}

coroutine<bool> connection::answer(response r, bool keep) {
  std::string_view const body = r.body ? std::string_view(*r.body) : std::string_view();
  if (auto const wanted = r.headers.find("Connection"); wanted && list_has_token(*wanted, "close")) keep = false;
  keep = keep && !context_.stopping;
  out_.clear();
  append_reply_head(out_, {.status = r.status,
                           .content_type = body.empty() ? std::string_view() : std::string_view(r.content_type),
                           .headers = &r.headers,
                           .request_id = head_.req.id,
                           .framing = reply_framing::sized,
                           .body_bytes = body.size(),
                           .close = !keep});
  bool const bodiless = head_.req.method == "HEAD" || has_no_body(r.status);
  bool const sent = co_await send(out_, bodiless ? std::string_view() : body);
  log_request(r.status);
  co_return sent&& keep;
}

coroutine<void> connection::refuse(refusal why) {
  if (head_.req.id.empty()) head_.req.id = context_.make_request_id();
  response r;
  r.status = why.status;
  r.body = std::make_shared<std::string const>(context_.make_error_body(why.status, why.reason, why.message));
  if (why.reason == "websocket_version") r.headers.add("Sec-WebSocket-Version", "13");
  linger_ = true;
  co_await answer(std::move(r), false);
}

coroutine<void> connection::linger() {
  if (!wire_.is_writable() || context_.stopping) co_return;
  phase_ = phase::leaving;
  wire_.shut_down_sending();
  steady_time const until = std::chrono::steady_clock::now() + linger_time;
  std::array<char, 4096> dropped;
  for (std::size_t total = 0; total < linger_bytes;) {
    auto const got = co_await wire_.read_some(asio::buffer(dropped), until);
    if (got.how != io_end::ok) co_return;
    total += got.bytes;
  }
}

void connection::log_request(int status) {
  auto const level = status >= 500 ? log::level::info : log::level::debug;
  if (!log::enabled(level)) return;
  auto const ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began_).count();
  // Never the query, which may hold a token.
  std::string_view const method = head_.req.method.empty() ? std::string_view("-") : head_.req.method;
  std::string_view const path = head_.req.path.empty() ? std::string_view("-") : head_.req.path;
  log::write(level, "http", fmt::format("{} {} {} {:.1f} ms {}", method, path, status, ms, head_.req.id));
}

}  // namespace krane::http
