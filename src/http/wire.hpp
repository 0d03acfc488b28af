#pragma once
// One accepted socket whose waits all have deadlines. Those are looked at by whoever calls look_at_clock() now and
// then, for all connections at once: a timer for each wait would cost more than the wait.
//
// Threads: the network thread; at most one reader and one writer at a time.
// Cancel: a cancelled read or write gives `ended`, and the coroutine unwinds at its next wait.
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <span>

#include "base/task.hpp"

namespace krane::http {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using steady_time = std::chrono::steady_clock::time_point;

// Programs that the server starts, and that outlive it, must not keep its sockets open.
void close_on_exec(int descriptor);

enum class io_end { ok, ended, late };

class wire {
public:
  struct read_end {
    io_end how = io_end::ok;
    std::size_t bytes = 0;
  };

  // `write_time`: for each 256 KiB of a write.
  wire(tcp_socket socket, std::chrono::milliseconds write_time);
  ~wire();
  wire(wire const&) = delete;

  coroutine<read_end> read_some(asio::mutable_buffer into, steady_time deadline);

  // Writes all, or fails; after a failure nothing can be written any more, since a part may have gone out.
  // `parts` is used up; what it points to must stay until the end.
  coroutine<io_end> write(std::span<asio::const_buffer> parts);
  // As write(), but without waiting: gives what is left to write (nothing: done), or `ended`.
  io_end try_write(std::span<asio::const_buffer>& parts);
  bool is_writable() const { return !broken_; }
  // A write did not end in time. Its reader is interrupted with it.
  bool was_late() const { return writing_.passed; }

  // A read under way ends; what was read before is not lost.
  void interrupt();
  void shut_down_sending();
  void close();
  void look_at_clock(steady_time now);
  // The kernel gives up on a peer that does not acknowledge for so long.
  void drop_silent_peer_after(std::chrono::milliseconds time);

private:
  struct deadline {
    steady_time at = steady_time::max();
    bool passed = false;
    void arm(steady_time when) {
      at = when;
      passed = false;
    }
  };

  tcp_socket socket_;
  std::chrono::milliseconds write_time_;
  deadline reading_;
  deadline writing_;
  bool broken_ = false;
};

}  // namespace krane::http
