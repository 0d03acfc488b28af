#include "client/socket_stream.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <filesystem>

#include "client/reason.hpp"

namespace krane::client {
namespace {

task<stream_socket> connect_unix(endpoint where) {
  stream_socket socket{co_await asio::this_coro::executor};
  auto [ec] = co_await socket.async_connect(asio::local::stream_protocol::endpoint(where.path), use_tuple);
  if (!ec) co_return std::move(socket);
  std::error_code ignored;
  if (ec == asio::error::access_denied) co_return unreachable(where, "you may not open this socket");
  if (!std::filesystem::exists(where.path, ignored)) co_return unreachable(where, "there is no such socket");
  co_return unreachable(where, plain_words(ec));
}

task<stream_socket> connect_tcp(endpoint where) {
  asio::ip::basic_resolver<asio::ip::tcp, executor> resolver{co_await asio::this_coro::executor};
  auto [failed, found] = co_await resolver.async_resolve(where.host, std::to_string(where.port), use_tuple);
  if (failed == asio::error::operation_aborted) co_return make_error(errc::cancelled, "cancelled");
  if (failed)
    co_return unreachable(where, fmt::format("the name \"{}\" leads nowhere ({})", where.host, plain_words(failed)));
  std::string why;
  for (auto const& entry : found) {
    stream_socket attempt{co_await asio::this_coro::executor};
    auto [ec] = co_await attempt.async_connect(entry.endpoint(), use_tuple);
    why = plain_words(ec);
    if (ec) continue;
    boost::system::error_code ignored;  // both are only improvements
    attempt.set_option(asio::ip::tcp::no_delay(true), ignored);
    attempt.set_option(asio::socket_base::keep_alive(true), ignored);
    co_return std::move(attempt);
  }
  co_return unreachable(where, why);
}

}  // namespace

std::string plain_words(boost::system::error_code const& ec) {
  std::string words = ec.message();
  // "Connection refused", but "TLS…" and "SSL…" stay as they are.
  if (words.size() > 1 && words[0] >= 'A' && words[0] <= 'Z' && !(words[1] >= 'A' && words[1] <= 'Z'))
    words[0] = static_cast<char>(words[0] - 'A' + 'a');
  return words;
}

error unreachable(endpoint const& where, std::string_view why) {
  return make_error(errc::unavailable, reason::unreachable,
                    fmt::format("no krane server can be reached at {}: {}", where.text(), why));
}

error connection_lost(endpoint const& where, std::string_view why) {
  return make_error(errc::unavailable, reason::connection_lost,
                    fmt::format("the connection to {} was lost: {}", where.text(), why));
}

bool nothing_to_read(int socket) {
  char byte = 0;
  auto const got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

task<stream_socket> connect_socket(endpoint where) {
  return where.type == endpoint::kind::unix_socket ? connect_unix(std::move(where)) : connect_tcp(std::move(where));
}

task<std::size_t> socket_stream::read_some(std::span<char> into) {
  auto [ec, got] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), use_tuple);
  if (ec == asio::error::eof) co_return std::size_t{0};
  if (ec) co_return connection_lost(where_, plain_words(ec));
  co_return got;
}

task<void> socket_stream::write(std::string_view all) {
  auto [ec, sent] = co_await asio::async_write(socket_, asio::buffer(all.data(), all.size()), use_tuple);
  if (ec) co_return connection_lost(where_, plain_words(ec));
  co_return result<void>{};
}

}  // namespace krane::client
