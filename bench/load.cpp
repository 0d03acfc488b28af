#include "bench/load.hpp"

#include <fmt/format.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <limits>

#include "base/task.hpp"
#include "bench/report.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

struct load {
  asio::ip::tcp::endpoint where;
  bool new_connections = false;
  std::vector<std::string> requests;
  std::size_t next = 0;
  std::size_t left = std::numeric_limits<std::size_t>::max();  // requests that may still be begun
  clock::time_point count_from;
  clock::time_point until;
  std::vector<double> times_ms;
  load_result result;

  std::string const* take() {
    if (left == 0 || clock::now() >= until) return nullptr;
    --left;
    std::string const& one = requests[next];
    next = (next + 1) % requests.size();
    return &one;
  }
  void failed(std::string why) {
    if (result.failed++ == 0) result.first_failure = std::move(why);
  }
};

// The end of the head and the length of the body, once both are there.
struct frame {
  std::size_t head = 0;
  std::size_t body = 0;
};

frame read_head(std::string_view text) {
  auto const end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  frame found{.head = end + 4, .body = 0};
  for (std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    auto const at = text.substr(0, end).find(name);
    if (at == std::string_view::npos) continue;
    auto const digits = text.substr(at + name.size(), 12);
    std::from_chars(digits.data(), digits.data() + digits.size(), found.body);
  }
  return found;
}

// Reads one answer into `buffer`. Empty: it is whole and 2xx; else what is wrong.
coroutine<std::string> read_answer(tcp_socket& socket, std::vector<char>& buffer, load& all) {
  std::size_t have = 0;
  frame expected;
  while (expected.head == 0 || have < expected.head + expected.body) {
    if (have == buffer.size()) buffer.resize(buffer.size() * 2);
    auto [ec, more] =
        co_await socket.async_read_some(asio::buffer(buffer.data() + have, buffer.size() - have), use_tuple);
    if (ec) co_return "the connection ended: " + ec.message();
    have += more;
    if (expected.head == 0) expected = read_head({buffer.data(), have});
  }
  all.result.body_bytes = expected.body;
  if (have < 10 || buffer[9] != '2') co_return std::string(buffer.data(), std::min<std::size_t>(have, 400));
  co_return std::string{};
}

coroutine<void> ask_on_and_on(load& all) {
  tcp_socket socket{co_await asio::this_coro::executor};
  std::vector<char> buffer(64 * 1024);
  while (std::string const* request = all.take()) {
    auto begin = clock::now();
    if (!socket.is_open()) {
      auto [refused] = co_await socket.async_connect(all.where, use_tuple);
      if (refused) {
        all.failed("cannot connect: " + refused.message());
        co_return;
      }
      socket.set_option(asio::ip::tcp::no_delay(true));
      if (!all.new_connections) begin = clock::now();
    }
    auto [ec, sent] = co_await asio::async_write(socket, asio::buffer(*request), use_tuple);
    std::string wrong = ec ? ec.message() : co_await read_answer(socket, buffer, all);
    if (!wrong.empty()) {
      all.failed(std::move(wrong));
      co_return;
    }
    auto const took = clock::now() - begin;
    if (all.new_connections) {
      // Who closes first keeps the connection's two ports for a minute.
      co_await socket.async_read_some(asio::buffer(buffer), use_tuple);
      socket.close();
    }
    if (begin < all.count_from) continue;
    ++all.result.answered;
    all.times_ms.push_back(std::chrono::duration<double, std::milli>(took).count());
  }
}

load_result send(load all, std::size_t connections) {
  asio::io_context loop{1};
  for (std::size_t i = 0; i < connections; ++i)
    asio::co_spawn(loop, ask_on_and_on(all), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  loop.run();
  auto const seconds = std::chrono::duration<double>(std::min(clock::now(), all.until) - all.count_from).count();
  all.result.per_second = static_cast<double>(all.result.answered) / seconds;
  all.result.p50_ms = quantile(all.times_ms, 0.5);
  all.result.p99_ms = quantile(all.times_ms, 0.99);
  return std::move(all.result);
}

load_result send_for(load all, std::size_t connections, std::chrono::milliseconds how_long) {
  all.count_from = clock::now() + std::min<clock::duration>(how_long / 5, std::chrono::milliseconds(300));
  all.until = all.count_from + how_long;
  return send(std::move(all), connections);
}

}  // namespace

load_result send_for(std::uint16_t port, std::vector<std::string> requests, std::size_t connections,
                     std::chrono::milliseconds how_long) {
  load all;
  all.where = {asio::ip::address_v4::loopback(), port};
  all.requests = std::move(requests);
  return send_for(std::move(all), connections, how_long);
}

load_result send_for(load_target const& to, std::string request, std::size_t connections,
                     std::chrono::milliseconds how_long) {
  load all;
  all.where = {asio::ip::make_address(to.address), to.port};
  all.new_connections = to.new_connections;
  all.requests = {std::move(request)};
  return send_for(std::move(all), connections, how_long);
}

load_result send_each_once(std::uint16_t port, std::vector<std::string> requests, std::size_t connections) {
  load all;
  all.where = {asio::ip::address_v4::loopback(), port};
  all.left = requests.size();
  all.requests = std::move(requests);
  all.count_from = clock::now();
  all.until = all.count_from + std::chrono::minutes(5);
  return send(std::move(all), connections);
}

}  // namespace krane::bench
