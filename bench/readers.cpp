#include "bench/readers.hpp"

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "base/clock.hpp"
#include "base/task.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using namespace std::chrono_literals;

// One frame at the start of `bytes`, as a server sends it: not masked. Size 0: not whole yet.
struct frame {
  std::size_t size = 0;
  int opcode = 0;
  std::string_view payload;
};

frame read_frame(std::string_view bytes) {
  auto const at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  if (bytes.size() < 2) return {};
  std::size_t length = at(1) & 0x7F;
  std::size_t const extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + extra) return {};
  if (extra > 0) {
    length = 0;
    for (std::size_t i = 0; i < extra; ++i) length = length << 8 | at(2 + i);
  }
  auto const size = 2 + extra + length;
  if (bytes.size() < size) return {};
  return {.size = size, .opcode = static_cast<int>(at(0) & 0x0F), .payload = bytes.substr(2 + extra, length)};
}

double age_ms(std::string_view event) {
  constexpr std::string_view key = R"("Timestamp":")";
  auto const found = event.find(key);
  auto const made = parse_rfc3339(event.substr(found + key.size(), std::strlen("2020-05-27T21:53:02.123456Z")));
  if (found == std::string_view::npos || !made) return 0;
  return std::chrono::duration<double, std::milli>(system_clock{}.now() - *made).count();
}

}  // namespace

struct readers::state {
  std::uint16_t port = 0;
  std::string handshake;
  asio::io_context loop{1};
  asio::executor_work_guard<executor> keep{loop.get_executor()};
  std::vector<std::unique_ptr<tcp_socket>> sockets;
  std::atomic<std::size_t> connected = 0;
  std::atomic<std::size_t> messages = 0;
  // Only on the loop's thread:
  figures seen;
  clock::time_point reset_at;
  std::string refusal;
  std::thread thread;

  ~state() {
    asio::post(loop, [this] {
      for (auto& socket : sockets) socket->close();
      keep.reset();
    });
    if (thread.joinable()) thread.join();
  }

  void take(frame const& one) {
    if (one.opcode == 8) ++seen.closed;
    if (one.opcode != 1) return;
    ++seen.messages;
    ++messages;
    seen.last_after_ms = std::chrono::duration<double, std::milli>(clock::now() - reset_at).count();
    seen.latency_ms.push_back(age_ms(one.payload));
  }

  coroutine<void> read_on(tcp_socket& socket) {
    auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_tuple);
    if (refused) {
      refusal = refused.message();
      co_return;
    }
    co_await asio::async_write(socket, asio::buffer(handshake), use_tuple);
    std::vector<char> buffer(32 * 1024);
    std::size_t have = 0;
    bool open = false;
    while (true) {
      if (have == buffer.size()) buffer.resize(buffer.size() * 2);
      auto [ended, more] =
          co_await socket.async_read_some(asio::buffer(buffer.data() + have, buffer.size() - have), use_tuple);
      if (ended) co_return;
      have += more;
      std::string_view rest(buffer.data(), have);
      if (!open) {
        auto const head = rest.find("\r\n\r\n");
        if (head == std::string_view::npos) continue;
        if (!rest.starts_with("HTTP/1.1 101")) {
          refusal = std::string(rest);
          co_return;
        }
        open = true;
        ++connected;
        rest.remove_prefix(head + 4);
      }
      while (true) {
        auto const one = read_frame(rest);
        if (one.size == 0) break;
        take(one);
        rest.remove_prefix(one.size);
      }
      have = rest.size();
      std::memmove(buffer.data(), rest.data(), have);
    }
  }
};

readers::readers(std::uint16_t port, std::string handshake, std::size_t count) : state_(std::make_unique<state>()) {
  state_->port = port;
  state_->handshake = std::move(handshake);
  for (std::size_t i = 0; i < count; ++i) {
    state_->sockets.push_back(std::make_unique<tcp_socket>(state_->loop));
    asio::co_spawn(state_->loop, state_->read_on(*state_->sockets.back()), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  state_->thread = std::thread([s = state_.get()] { s->loop.run(); });
  for (int i = 0; i < 20'000 && state_->connected < count; ++i) std::this_thread::sleep_for(1ms);
  if (state_->connected < count) throw std::runtime_error("not all readers could connect: " + state_->refusal);
}

readers::~readers() = default;

void readers::reset() {
  std::atomic<bool> done = false;
  asio::post(state_->loop, [&] {
    state_->seen.messages = 0;
    state_->seen.last_after_ms = 0;
    state_->seen.latency_ms.clear();
    state_->reset_at = clock::now();
    done = true;
    done.notify_one();
  });
  done.wait(false);
}

readers::figures readers::settled() {
  auto before = state_->messages.load();
  while (true) {
    std::this_thread::sleep_for(300ms);
    auto const now = state_->messages.load();
    if (now == before) break;
    before = now;
  }
  figures copy;
  std::atomic<bool> done = false;
  asio::post(state_->loop, [&] {
    copy = state_->seen;
    done = true;
    done.notify_one();
  });
  done.wait(false);
  return copy;
}

}  // namespace krane::bench
