#pragma once
// The one thread that touches the database. What is waiting when it is free is taken together: all writes in one
// transaction, each in a savepoint of its own so that one that fails leaves the others alone, one commit; then the
// reads. Answers go back to the network thread in that order, the commits' listeners before those who wait.
//
// Threads: everything here from the network thread.
// Failure: see store.hpp; when too much is waiting, errc::unavailable, reason "overloaded".
// Cancel:  what was handed over is done, and the coroutine waits for it.
// Lifetime: stop() before destruction.
#include <boost/asio/this_coro.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/shared_state.hpp"
#include "store/tuning.hpp"
#include "store/work.hpp"

namespace krane {

class database_thread {
public:
  database_thread(executor network, database db, std::shared_ptr<shared_state> state, store_tuning tuning);
  ~database_thread();
  database_thread(database_thread const&) = delete;

  template <class T>
  task<T> write(std::function<result<T>(database&, commit&)> steps);
  template <class T>
  task<T> read(std::function<result<T>(database&)> steps);

  // Does what was handed over, carries the log over into the main file, closes it.
  void stop();

private:
  using batch = std::vector<std::unique_ptr<work>>;

  template <class T>
  task<T> hand_over(work::kind what, std::function<result<T>(database&, commit&)> steps);
  std::optional<error> refusal() const;
  void enqueue(std::unique_ptr<work> one);

  void loop();
  batch take();
  void do_writes(batch works);
  // True if there was anything to commit.
  bool carry_out(batch& works);
  void do_reads(batch works);
  void note_broken(storage_failure const& why);
  void checkpoint(database::after_checkpoint then);
  void deliver(batch works);

  executor network_;
  std::shared_ptr<shared_state> state_;
  store_tuning tuning_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<work>> queue_;  // under mutex_
  bool stopping_ = false;                    // under mutex_

  // The thread's own.
  std::optional<database> db_;
  std::optional<error> broken_;   // writes are over
  bool fatal_to_tell_ = false;    // on_fatal is still to be called
  bool log_is_late_ = false;      // the last checkpoint found no room
  std::optional<error> trouble_;  // as the last write found it

  std::thread thread_;
};

template <class T>
task<T> database_thread::write(std::function<result<T>(database&, commit&)> steps) {
  return hand_over<T>(work::kind::write, std::move(steps));
}

template <class T>
task<T> database_thread::read(std::function<result<T>(database&)> steps) {
  return hand_over<T>(work::kind::read, [steps = std::move(steps)](database& db, commit&) { return steps(db); });
}

template <class T>
task<T> database_thread::hand_over(work::kind what, std::function<result<T>(database&, commit&)> steps) {
  if (auto refused = refusal()) co_return *refused;
  co_return co_await asio::async_initiate<asio::use_awaitable_t<executor> const, void(result<T>)>(
      [this, what](auto handler, std::function<result<T>(database&, commit&)> body) {
        enqueue(
            std::make_unique<typed_work<T, decltype(handler)>>(what, network_, std::move(body), std::move(handler)));
      },
      use_coroutine, std::move(steps));
}

}  // namespace krane
