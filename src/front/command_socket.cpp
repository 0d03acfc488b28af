#include "front/command_socket.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

#include "base/async.hpp"
#include "model/reason.hpp"

namespace krane::haproxy {
namespace {

using local = asio::local::stream_protocol;
constexpr std::chrono::milliseconds answer_limit{1'000};

error unavailable(std::string const& what, boost::system::error_code ec) {
  return make_error(errc::unavailable, reason::front_unavailable,
                    fmt::format("HAProxy, which holds the host ports, {}: {}", what, ec.message()));
}

}  // namespace

task<std::string> command_socket::exchange(std::string commands) const {
  asio::basic_stream_socket<local, executor> socket{co_await asio::this_coro::executor};
  auto [cannot_connect] = co_await socket.async_connect(local::endpoint(path_), use_tuple);
  if (cannot_connect) co_return unavailable("does not answer", cannot_connect);
  commands += '\n';
  auto [cannot_write, sent] = co_await asio::async_write(socket, asio::buffer(commands), use_tuple);
  if (cannot_write) co_return unavailable("takes no commands", cannot_write);
  // It answers one line after the other, and closes once it has answered what came before the end.
  boost::system::error_code ignored;
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
  std::string answer;
  std::array<char, 16 * 1024> piece;
  while (true) {
    auto [ec, size] = co_await socket.async_read_some(asio::buffer(piece), use_tuple);
    answer.append(piece.data(), size);
    if (ec == asio::error::eof) co_return answer;
    if (ec) co_return unavailable("broke off its answer", ec);
  }
}

task<std::string> command_socket::ask(std::string commands) const {
  return with_deadline(exchange(std::move(commands)), answer_limit,
                       make_error(errc::timed_out, reason::front_unavailable,
                                  "HAProxy, which holds the host ports, does not answer within 1 s"));
}

}  // namespace krane::haproxy
