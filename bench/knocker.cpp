#include "bench/knocker.hpp"

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/async.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

task<void> ask(std::uint16_t port) {
  asio::basic_stream_socket<asio::ip::tcp, executor> socket{co_await asio::this_coro::executor};
  auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_tuple);
  if (refused) co_return make_error(errc::unavailable, refused.message());
  auto [cut, sent] = co_await asio::async_write(socket, asio::buffer("GET / HTTP/1.0\r\n\r\n", 18), use_tuple);
  if (cut) co_return make_error(errc::unavailable, cut.message());
  char first[16];
  auto [ended, got] = co_await socket.async_read_some(asio::buffer(first), use_tuple);
  if (ended) co_return make_error(errc::unavailable, ended.message());
  co_return result<void>{};
}

}  // namespace

struct knocker::state {
  ~state() {
    stop = true;
    if (thread.joinable()) thread.join();
  }

  std::uint16_t port = 0;
  asio::io_context loop{1};
  std::atomic<std::size_t> answers = 0;
  std::atomic<bool> stop = false;
  clock::time_point last_answer;
  clock::duration longest{};
  std::thread thread;

  coroutine<void> knock_once() {
    auto const answered =
        co_await with_deadline(ask(port), 5s, make_error(errc::timed_out, "no answer within five seconds"));
    if (!answered) co_return;
    auto const now = clock::now();
    if (answers > 0) longest = std::max(longest, now - last_answer);
    last_answer = now;
    ++answers;
  }

  coroutine<void> knock_on() {
    task_group knocks{co_await asio::this_coro::executor};
    timer pace{co_await asio::this_coro::executor};
    auto next = clock::now();
    while (!stop) {
      knocks.spawn("knock", knock_once());
      pace.expires_at(next += 2ms);
      co_await pace.async_wait(use_tuple);
    }
    co_await knocks.stop();
  }
};

knocker::knocker(std::uint16_t port) : state_(std::make_unique<state>()) {
  state_->port = port;
  asio::co_spawn(state_->loop, state_->knock_on(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  state_->thread = std::thread([s = state_.get()] { s->loop.run(); });
  for (int i = 0; i < 10'000 && state_->answers == 0; ++i) std::this_thread::sleep_for(1ms);
  if (state_->answers == 0) throw std::runtime_error("nothing answers on the host port");
}

knocker::~knocker() = default;

double knocker::finish() {
  // Twenty answers in a row: it is the new one that answers.
  auto const seen = state_->answers.load();
  for (int i = 0; i < 10'000 && state_->answers < seen + 20; ++i) std::this_thread::sleep_for(1ms);
  if (state_->answers < seen + 20) throw std::runtime_error("nothing answers on the host port after the redeploy");
  state_->stop = true;
  state_->thread.join();
  return std::chrono::duration<double, std::milli>(state_->longest).count();
}

}  // namespace krane::bench
