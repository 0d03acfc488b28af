#include "bench/many_connections.hpp"

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "base/async.hpp"

namespace krane::bench {
namespace {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
constexpr std::chrono::seconds limit{30};

task<void> connect(tcp_socket& socket, std::uint16_t port) {
  auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_tuple);
  if (refused) co_return make_error(errc::unavailable, "cannot connect: " + refused.message());
  co_return result<void>{};
}

task<void> ask(tcp_socket& socket, std::string const& request) {
  auto [cut, sent] = co_await asio::async_write(socket, asio::buffer(request), use_tuple);
  if (cut) co_return make_error(errc::unavailable, "cut: " + cut.message());
  std::array<char, 512> answer;
  auto [ended, size] = co_await socket.async_read_some(asio::buffer(answer), use_tuple);
  if (ended) co_return make_error(errc::unavailable, "no answer: " + ended.message());
  if (!std::string_view(answer.data(), size).starts_with("HTTP/1.1 200"))
    co_return make_error(errc::unavailable, "another answer: " + std::string(answer.data(), size));
  co_return result<void>{};
}

}  // namespace

struct many_connections::state {
  asio::io_context loop{1};
  std::string request;
  std::deque<tcp_socket> sockets;
  std::size_t served = 0;
  std::string first_failure;

  bool count(result<void> const& done) {
    if (!done && first_failure.empty()) first_failure = done.error().message;
    return done.has_value();
  }
  error late() const { return make_error(errc::timed_out, "no answer within 30 seconds"); }

  coroutine<void> open(std::size_t number, std::uint16_t port) {
    if (!count(co_await with_deadline(connect(sockets[number], port), limit, late()))) sockets[number].close();
  }
  coroutine<void> use(std::size_t number) {
    if (count(co_await with_deadline(ask(sockets[number], request), limit, late()))) ++served;
  }
  void each(auto&& what) {
    for (std::size_t i = 0; i < sockets.size(); ++i)
      if (auto work = what(i))
        asio::co_spawn(loop, std::move(*work), [](std::exception_ptr failure) {
          if (failure) std::rethrow_exception(failure);
        });
    loop.restart();
    loop.run();
  }
};

many_connections::many_connections(std::uint16_t port, std::size_t count, std::string request)
    : state_(std::make_unique<state>()) {
  state_->request = std::move(request);
  for (std::size_t i = 0; i < count; ++i) state_->sockets.emplace_back(state_->loop.get_executor());
  state_->each([&](std::size_t i) { return std::optional(state_->open(i, port)); });
  state_->each(
      [&](std::size_t i) { return state_->sockets[i].is_open() ? std::optional(state_->use(i)) : std::nullopt; });
}

many_connections::~many_connections() = default;

std::size_t many_connections::served() const {
  return state_->served;
}

std::string const& many_connections::first_failure() const {
  return state_->first_failure;
}

}  // namespace krane::bench
