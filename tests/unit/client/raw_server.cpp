#include "raw_server.hpp"

#include <fmt/format.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <list>

namespace krane::test {

using any_socket = asio::basic_stream_socket<asio::generic::stream_protocol, executor>;
using any_acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, executor>;

struct raw_server::state {
  struct said {
    std::string bytes;
    bool then_close = false;
  };
  any_acceptor acceptor;
  client::endpoint where;
  std::deque<said> answers{};
  int to_hang_up = 0;
  std::vector<std::string> requests{};
  int connections = 0;
  std::list<any_socket*> open{};
};

namespace {

void listen(any_acceptor& at, asio::generic::stream_protocol::endpoint const& where) {
  at.open(where.protocol());
  at.bind(where);
  at.listen();
}

template <class State>
coroutine<bool> serve_one(std::shared_ptr<State> from, any_socket& socket) {
  std::string text;
  auto [ec, head] = co_await asio::async_read_until(socket, asio::dynamic_buffer(text), "\r\n\r\n", use_tuple);
  if (ec) co_return false;
  std::size_t body = 0;
  if (auto const at = text.find("Content-Length: "); at != text.npos) body = std::stoul(text.substr(at + 16));
  while (text.size() < head + body) {
    std::string more(4096, '\0');
    auto [failed, got] = co_await socket.async_read_some(asio::buffer(more), use_tuple);
    if (failed) co_return false;
    text += more.substr(0, got);
  }
  from->requests.push_back(std::move(text));
  if (from->answers.empty()) {
    std::string nothing(1, '\0');
    co_await socket.async_read_some(asio::buffer(nothing), use_tuple);
    co_return false;
  }
  auto const what = std::move(from->answers.front());
  from->answers.pop_front();
  auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(what.bytes), use_tuple);
  co_return !unsent && !what.then_close;
}

template <class State>
coroutine<void> serve(std::shared_ptr<State> from, any_socket socket) {
  auto const place = from->open.insert(from->open.end(), &socket);
  while (co_await serve_one(from, socket)) continue;
  from->open.erase(place);
}

template <class State>
coroutine<void> accept_all(std::shared_ptr<State> from) {
  for (;;) {
    auto [ec, socket] = co_await from->acceptor.async_accept(use_tuple);
    if (ec) co_return;
    ++from->connections;
    if (from->to_hang_up > 0) {
      --from->to_hang_up;
      continue;
    }
    asio::co_spawn(from->acceptor.get_executor(), serve(from, std::move(socket)), asio::detached);
  }
}

}  // namespace

raw_server::raw_server(asio::io_context& loop) : state_(new state{any_acceptor(loop.get_executor()), {}}) {
  listen(state_->acceptor, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::ip::tcp::endpoint bound;
  auto const local = state_->acceptor.local_endpoint();
  std::memcpy(bound.data(), local.data(), local.size());
  state_->where = {.type = client::endpoint::kind::http, .host = "127.0.0.1", .port = bound.port()};
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

raw_server::raw_server(asio::io_context& loop, std::string unix_path)
    : state_(new state{any_acceptor(loop.get_executor()),
                       {.type = client::endpoint::kind::unix_socket, .host = {}, .port = 0, .path = unix_path}}) {
  listen(state_->acceptor, asio::local::stream_protocol::endpoint(unix_path));
  asio::co_spawn(loop, accept_all(state_), asio::detached);
}

raw_server::~raw_server() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  cut();
}

client::endpoint raw_server::where() const {
  return state_->where;
}

void raw_server::answer(std::string bytes, bool then_close) {
  state_->answers.push_back({std::move(bytes), then_close});
}

void raw_server::hang_up() {
  ++state_->to_hang_up;
}

std::vector<std::string> const& raw_server::requests() const {
  return state_->requests;
}

int raw_server::connections() const {
  return state_->connections;
}

void raw_server::cut() {
  boost::system::error_code ignored;
  for (any_socket* const one : state_->open) one->close(ignored);
}

std::string http_answer(int status, std::string const& body, std::string const& type, std::string const& more_headers) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n{}", status, type, body.size(),
                     more_headers, body);
}

}  // namespace krane::test
