#include "support/tcp_relay.hpp"

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "base/task.hpp"

namespace krane::test {
namespace {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using unix_socket = asio::basic_stream_socket<asio::local::stream_protocol, executor>;

struct pair_of_sockets {
  tcp_socket outside;
  unix_socket inside;
};

template <class From, class To>
coroutine<void> pump(std::shared_ptr<pair_of_sockets>, From& from, To& to) {
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    auto [ec, got] = co_await from.async_read_some(asio::buffer(bytes), use_tuple);
    if (ec) break;
    auto [failed, sent] = co_await asio::async_write(to, asio::buffer(bytes.data(), got), use_tuple);
    if (failed) break;
  }
  from.close();
  to.close();
}

}  // namespace

struct tcp_relay::state {
  asio::basic_socket_acceptor<asio::ip::tcp, executor> acceptor;
  std::string path;
};

namespace {

template <class State>
coroutine<void> accept_all(std::shared_ptr<State> from) {
  executor const ex = from->acceptor.get_executor();
  for (;;) {
    auto [ec, outside] = co_await from->acceptor.async_accept(use_tuple);
    if (ec) co_return;
    auto both = std::make_shared<pair_of_sockets>(tcp_socket(std::move(outside)), unix_socket(ex));
    auto [failed] = co_await both->inside.async_connect(asio::local::stream_protocol::endpoint(from->path), use_tuple);
    if (failed) continue;
    asio::co_spawn(ex, pump(both, both->outside, both->inside), asio::detached);
    asio::co_spawn(ex, pump(both, both->inside, both->outside), asio::detached);
  }
}

}  // namespace

tcp_relay::tcp_relay(asio::io_context& loop, std::string unix_path)
    : state_(new state{{loop.get_executor(), {asio::ip::address_v4::loopback(), 0}}, std::move(unix_path)}) {
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

tcp_relay::~tcp_relay() {
  state_->acceptor.close();
}

port tcp_relay::number() const {
  return state_->acceptor.local_endpoint().port();
}

}  // namespace krane::test
