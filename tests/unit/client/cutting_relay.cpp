#include "cutting_relay.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <list>

#include "base/task.hpp"

namespace krane::test {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

struct connection {
  tcp_socket outside;
  tcp_socket inside;
  std::size_t left;  // bytes of answers until it breaks

  void close() {
    boost::system::error_code ignored;
    outside.close(ignored);
    inside.close(ignored);
  }
};

struct cutting_relay::state {
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor;
  std::uint16_t target;
  std::size_t limit = SIZE_MAX;  // of the next connection
  std::size_t more = 0;
  bool refuses = false;
  int connections = 0;
  std::list<std::weak_ptr<connection>> open{};
};

namespace {

template <class State>
coroutine<void> pump(std::shared_ptr<State>, std::shared_ptr<connection> on, bool is_answer) {
  tcp_socket& from = is_answer ? on->inside : on->outside;
  tcp_socket& to = is_answer ? on->outside : on->inside;
  std::array<char, 4096> bytes;
  for (;;) {
    auto [ec, got] = co_await from.async_read_some(asio::buffer(bytes), use_tuple);
    if (ec) break;
    std::size_t const fit = is_answer ? std::min(got, on->left) : got;
    auto [failed, sent] = co_await asio::async_write(to, asio::buffer(bytes.data(), fit), use_tuple);
    if (is_answer) on->left -= sent;
    if (failed || fit < got) break;
  }
  on->close();
}

template <class State>
coroutine<void> accept_all(std::shared_ptr<State> of) {
  executor const ex = of->acceptor.get_executor();
  for (;;) {
    auto [ec, outside] = co_await of->acceptor.async_accept(use_tuple);
    if (ec) co_return;
    ++of->connections;
    if (of->refuses) continue;
    auto on = std::make_shared<connection>(tcp_socket(std::move(outside)), tcp_socket(ex), of->limit);
    of->limit += std::min(of->more, SIZE_MAX - of->limit);
    auto [failed] = co_await on->inside.async_connect({asio::ip::address_v4::loopback(), of->target}, use_tuple);
    if (failed) continue;
    of->open.push_back(on);
    asio::co_spawn(ex, pump(of, on, false), asio::detached);
    asio::co_spawn(ex, pump(of, on, true), asio::detached);
  }
}

}  // namespace

cutting_relay::cutting_relay(boost::asio::io_context& loop, std::uint16_t target)
    : state_(new state{{loop.get_executor(), {asio::ip::address_v4::loopback(), 0}}, target}) {
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

cutting_relay::~cutting_relay() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  cut();
}

client::endpoint cutting_relay::where() const {
  return {.type = client::endpoint::kind::http, .host = "127.0.0.1", .port = state_->acceptor.local_endpoint().port()};
}

void cutting_relay::cut() {
  for (auto const& one : state_->open)
    if (auto const still = one.lock()) still->close();
  state_->open.clear();
}

void cutting_relay::cut_each_after(std::size_t bytes, std::size_t more) {
  state_->limit = bytes;
  state_->more = more;
}

void cutting_relay::refuse(bool all) {
  state_->refuses = all;
}

int cutting_relay::connections() const {
  return state_->connections;
}

}  // namespace krane::test
