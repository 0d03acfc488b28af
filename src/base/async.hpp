#pragma once
// The few ways in which coroutines wait for each other. All on the network thread.
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/task.hpp"

namespace krane {

using timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

// False if it was cancelled before the time was over.
coroutine<bool> sleep_for(std::chrono::steady_clock::duration how_long);

// Coroutines that sleep until they are woken, in the order in which they came. What signal and semaphore are made of.
//
// Lifetime: whoever still waits when it is destroyed is cancelled.
class wait_list {
public:
  explicit wait_list(executor ex) : ex_(ex) {}
  ~wait_list();
  wait_list(wait_list const&) = delete;

  // True when woken, false when cancelled or `until` has come.
  coroutine<bool> wait(timer::time_point until = timer::time_point::max());
  // False if nobody waits.
  bool wake_one();
  void wake_all();

private:
  class waiter;
  executor ex_;
  std::list<waiter*> waiting_;
};

// Wakes whoever waits. A notify_all() with nobody waiting is forgotten: waiters look at their condition first.
class signal {
public:
  explicit signal(executor ex) : waiting_(ex) {}
  void notify_all() { waiting_.wake_all(); }
  // Returns after the next notify_all(), or when cancelled (then false).
  coroutine<bool> wait() { return waiting_.wait(); }
  // As wait(), but false too when `limit` is over.
  coroutine<bool> wait_for(std::chrono::steady_clock::duration limit);

private:
  wait_list waiting_;
};

// At most `slots` holders at once; those waiting are served in order.
//
// Lifetime: outlives its leases.
class semaphore {
public:
  semaphore(executor ex, std::size_t slots) : free_(slots), waiting_(ex) {}

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
  std::size_t free_;
  wait_list waiting_;
};

// Owns coroutines that nobody awaits: knows their names, cancels them, waits for their end.
//
// Lifetime: stop() must have returned before it is destroyed (else that is logged), and what the coroutines refer to
//           must outlive that.
// Failure: an exception that leaves a coroutine is logged with its name and ends that coroutine only.
class task_group {
public:
  explicit task_group(executor ex);
  ~task_group();
  task_group(task_group const&) = delete;

  void spawn(std::string name, coroutine<void> body);
  // Cancels all and returns when the last has ended. Nothing can be spawned any more: what is, is dropped. Never call
  // it from one of its own coroutines. The caller cannot be cancelled from here on.
  coroutine<void> stop();
  // Cancels all without waiting.
  void cancel();
  std::size_t size() const;
  std::vector<std::string> names() const;

private:
  struct member;
  static coroutine<void> run_member(std::shared_ptr<member> self, coroutine<void> body);
  executor ex_;
  std::list<std::shared_ptr<member>> members_;
  signal ended_;
  bool stopping_ = false;
};

// What `work` gives, or `when_late` if the time is over first: then `work` is cancelled and its end awaited, so that
// nothing of it runs on. An exception of `work` is passed on.
template <class T>
task<T> with_deadline(task<T> work, std::chrono::steady_clock::duration limit, error when_late);

}  // namespace krane

#include "base/async_impl.hpp"
