#pragma once
// The few ways in which coroutines wait for each other. All on the network thread.
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/task.hpp"

namespace krane {

using timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

// False if it was cancelled before the time was over.
coroutine<bool> sleep_for(std::chrono::steady_clock::duration how_long);

// Wakes whoever waits. A notify_all() with nobody waiting is forgotten: waiters look at their condition first.
class signal {
 public:
  explicit signal(executor ex);
  void notify_all();
  // Returns after the next notify_all(), or when cancelled (then false).
  coroutine<bool> wait();
  // As wait(), but false too when `limit` is over.
  coroutine<bool> wait_for(std::chrono::steady_clock::duration limit);

 private:
  timer timer_;
  std::size_t generation_ = 0;
};

// At most `slots` holders at once; those waiting are served in order.
class semaphore {
 public:
  semaphore(executor ex, std::size_t slots);

  class lease {
   public:
    lease() = default;
    explicit lease(semaphore* owner) : owner_(owner) {}
    lease(lease&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    lease& operator=(lease&& other) noexcept;
    ~lease();

   private:
    semaphore* owner_ = nullptr;
  };

  // errc::cancelled if the waiting coroutine is cancelled.
  task<lease> acquire();

 private:
  void release();
  executor ex_;
  std::size_t free_;
  std::list<timer*> waiting_;
};

// Owns coroutines that nobody awaits: knows their names, cancels them, waits for their end.
//
// Lifetime: stop() must have returned before it is destroyed, and what the coroutines refer to must outlive that.
// Failure: an exception that leaves a coroutine is logged with its name and ends that coroutine only.
class task_group {
 public:
  explicit task_group(executor ex);
  ~task_group();
  task_group(task_group const&) = delete;

  void spawn(std::string name, coroutine<void> body);
  // Cancels all and returns when the last has ended. Nothing can be spawned any more.
  coroutine<void> stop();
  // Cancels all without waiting.
  void cancel();
  std::size_t size() const;
  std::vector<std::string> names() const;

 private:
  struct member;
  executor ex_;
  std::list<std::unique_ptr<member>> members_;
  signal ended_;
  bool stopping_ = false;
};

// Cancels `work` when the time is over; then errc::timed_out with this reason and message. The value is whatever
// `work` gave otherwise.
template <class T>
task<T> with_deadline(task<T> work, std::chrono::steady_clock::duration limit, error when_late);

}  // namespace krane

#include "base/async_impl.hpp"
