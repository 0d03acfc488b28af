#include "engine/http_connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>

#include "model/reason.hpp"

namespace krane::docker {
namespace {

namespace http = boost::beast::http;

// Small for ordinary answers; streams that fill it get more, up to what a socket holds at once.
constexpr std::size_t first_buffer_bytes = 16 * 1024;
constexpr std::size_t max_buffer_bytes = 256 * 1024;
constexpr std::uint32_t max_head_bytes = 64 * 1024;

std::string to_text(request const& what, std::string const& host) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: krane\r\n", what.method, what.target, host);
  if (!what.registry_auth.empty()) text += "X-Registry-Auth: " + what.registry_auth + "\r\n";
  if (!what.body.empty()) text += "Content-Type: " + what.type + "\r\n";
  if (!what.body.empty() || what.method == "POST") text += fmt::format("Content-Length: {}\r\n", what.body.size());
  text += "\r\n";
  text += what.body;
  return text;
}

std::string field(http::response_parser<http::empty_body> const& from, std::string_view name) {
  auto const value = from.get()[boost::beast::string_view(name.data(), name.size())];
  return std::string(value.data(), value.size());
}

}  // namespace

http_connection::http_connection(stream_socket socket, std::string host)
    : socket_(std::move(socket)), host_(std::move(host)), raw_(first_buffer_bytes) {}

coroutine<std::expected<void, http_connection::failed>> http_connection::exchange(request const& what) {
  complete_ = false;
  std::string const text = to_text(what, host_);
  auto [ec, sent] = co_await asio::async_write(socket_, asio::buffer(text), use_tuple);
  if (ec) co_return std::unexpected(failed{sent == 0 ? lost::before_sending : lost::after_sending, ec.message()});
  co_return co_await read_head();
}

coroutine<std::expected<void, http_connection::failed>> http_connection::read_head() {
  for (;;) {
    http::response_parser<http::empty_body> parser;
    parser.header_limit(max_head_bytes);
    parser.body_limit(boost::none);
    while (!parser.is_header_done()) {
      if (begin_ == end_) {
        if (auto const ec = co_await fill()) co_return std::unexpected(failed{lost::after_sending, ec.message()});
      }
      boost::system::error_code ec;
      begin_ += parser.put(asio::buffer(unread().data(), unread().size()), ec);
      if (ec == http::error::need_more) {
        if (auto const read = co_await fill()) co_return std::unexpected(failed{lost::after_sending, read.message()});
      } else if (ec) {
        co_return std::unexpected(failed{lost::after_sending, fmt::format("its answer is not HTTP: {}", ec.message())});
      }
    }
    unsigned const status = parser.get().result_int();
    if (status >= 100 && status < 200) continue;
    head_ = {status, field(parser, "Api-Version"), field(parser, "Date")};
    keep_alive_ = parser.keep_alive();
    chunks_ = {};
    left_ = 0;
    if (status == 204 || status == 304) {
      body_ = body::none;
    } else if (parser.chunked()) {
      body_ = body::chunked;
    } else if (auto const length = parser.content_length()) {
      body_ = body::length;
      left_ = *length;
    } else {
      body_ = body::to_the_end;
      keep_alive_ = false;
    }
    complete_ = body_ == body::none || (body_ == body::length && left_ == 0);
    co_return std::expected<void, failed>{};
  }
}

coroutine<boost::system::error_code> http_connection::fill() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == raw_.size() && begin_ > 0) {
    std::copy(raw_.begin() + static_cast<std::ptrdiff_t>(begin_), raw_.begin() + static_cast<std::ptrdiff_t>(end_),
              raw_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == raw_.size()) raw_.resize(std::min(raw_.size() * 2, max_buffer_bytes));
  std::size_t const room = raw_.size() - end_;
  auto [ec, got] = co_await socket_.async_read_some(asio::buffer(raw_.data() + end_, room), use_tuple);
  end_ += got;
  // Full at one read: more is waiting, and the next read should take more of it.
  if (got == room && raw_.size() < max_buffer_bytes) raw_.resize(raw_.size() * 2);
  co_return ec;
}

task<bool> http_connection::read_some(std::string& into, std::string_view where) {
  std::size_t const before = into.size();
  for (;;) {
    if (auto taken = take_body(into); !taken) co_return taken.error();
    if (into.size() > before) co_return true;
    if (complete_) co_return false;
    auto const ec = co_await fill();
    if (!ec) continue;
    if (body_ == body::to_the_end && ec == asio::error::eof) {
      complete_ = true;
      co_return false;
    }
    co_return make_error(errc::unavailable, reason::engine_unavailable,
                         fmt::format("the connection to the engine at {} was lost: {}", where, ec.message()));
  }
}

result<void> http_connection::take_body(std::string& into) {
  if (complete_ || begin_ == end_) return {};
  switch (body_) {
    case body::none:
      break;
    case body::length: {
      auto const part = static_cast<std::size_t>(std::min<std::uint64_t>(left_, end_ - begin_));
      into.append(unread().substr(0, part));
      begin_ += part;
      left_ -= part;
      complete_ = left_ == 0;
      break;
    }
    case body::chunked: {
      auto taken = chunks_.add(unread(), into);
      if (!taken) return taken.error();
      begin_ += *taken;
      complete_ = chunks_.done();
      break;
    }
    case body::to_the_end:
      into.append(unread());
      begin_ = end_;
      break;
  }
  return {};
}

bool http_connection::looks_alive() {
  char byte = 0;
  auto const got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace krane::docker
