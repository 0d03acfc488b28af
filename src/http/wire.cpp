#include "http/wire.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/system/error_code.hpp>

namespace krane::http {
namespace {

constexpr std::size_t bytes_per_deadline = 256 * 1024;

void drop_front(std::span<asio::const_buffer>& parts, std::size_t bytes) {
  while (!parts.empty() && bytes >= parts.front().size()) {
    bytes -= parts.front().size();
    parts = parts.subspan(1);
  }
  if (bytes > 0) parts.front() += bytes;
}

}  // namespace

void close_on_exec(int descriptor) {
  static_cast<void>(fcntl(descriptor, F_SETFD, FD_CLOEXEC));
}

wire::wire(tcp_socket socket, std::chrono::milliseconds write_time)
    : socket_(std::move(socket)), write_time_(write_time) {
  boost::system::error_code gone;  // then the first read says so
  socket_.non_blocking(true, gone);
  socket_.set_option(asio::ip::tcp::no_delay(true), gone);
  close_on_exec(socket_.native_handle());
}

wire::~wire() {
  close();
}

coroutine<wire::read_end> wire::read_some(asio::mutable_buffer into, steady_time deadline) {
  reading_.arm(deadline);
  auto const [failed, bytes] = co_await socket_.async_read_some(into, use_tuple);
  reading_.at = steady_time::max();
  if (!failed) co_return read_end{io_end::ok, bytes};
  co_return read_end{reading_.passed ? io_end::late : io_end::ended, 0};
}

io_end wire::try_write(std::span<asio::const_buffer>& parts) {
  drop_front(parts, 0);
  while (!parts.empty()) {
    if (broken_) return io_end::ended;
    boost::system::error_code failed;
    std::size_t const bytes = socket_.write_some(parts, failed);
    if (failed == asio::error::would_block || failed == asio::error::try_again) return io_end::ok;
    if (failed) {
      broken_ = true;
      return io_end::ended;
    }
    drop_front(parts, bytes);
  }
  return io_end::ok;
}

coroutine<io_end> wire::write(std::span<asio::const_buffer> parts) {
  auto how = try_write(parts);
  if (how != io_end::ok || parts.empty()) co_return how;
  auto const bytes_left = [&parts] { return asio::buffer_size(parts); };
  std::size_t goal = 0;
  // Until the last byte is out, whatever ends this coroutine leaves a torn message behind.
  broken_ = true;
  while (!parts.empty()) {
    std::size_t const left = bytes_left();
    if (writing_.at == steady_time::max() || left <= goal) {
      goal = left - std::min(left, bytes_per_deadline);
      writing_.arm(std::chrono::steady_clock::now() + write_time_);
    }
    auto const [failed] = co_await socket_.async_wait(asio::socket_base::wait_write, use_tuple);
    if (failed) {
      writing_.at = steady_time::max();
      co_return writing_.passed ? io_end::late : io_end::ended;
    }
    broken_ = false;
    how = try_write(parts);
    if (how != io_end::ok) break;
    broken_ = !parts.empty();
  }
  writing_.at = steady_time::max();
  co_return how;
}

void wire::interrupt() {
  boost::system::error_code closed_already;
  socket_.cancel(closed_already);
}

void wire::shut_down_sending() {
  boost::system::error_code gone_already;
  socket_.shutdown(asio::socket_base::shutdown_send, gone_already);
}

void wire::close() {
  if (!socket_.is_open()) return;
  boost::system::error_code closed_already;
  // What a client did not take in time the system must not keep for it any longer.
  if (broken_) socket_.set_option(asio::socket_base::linger(true, 0), closed_already);
  broken_ = true;
  socket_.close(closed_already);
}

void wire::look_at_clock(steady_time now) {
  for (deadline* one : {&reading_, &writing_}) {
    if (one->at > now) continue;
    one->at = steady_time::max();
    one->passed = true;
    interrupt();
  }
}

void wire::drop_silent_peer_after(std::chrono::milliseconds time) {
  int const ms = static_cast<int>(time.count());
  // Only where the system knows the option; a silent peer is then found by the write deadline.
  static_cast<void>(setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms));
}

}  // namespace krane::http
