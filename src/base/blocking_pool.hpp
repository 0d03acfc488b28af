#pragma once
// Threads for what blocks (the store, files, name look-ups). Work is handed over, and the coroutine goes on on the
// network thread with its result.
//
// Threads: run() from the network thread; the work itself on one of the pool's. With one thread, works never overlap
//          and run in the order in which they were handed over.
// Cancel: work that has begun is finished; the coroutine waits for it.
// Lifetime: stop() waits for the work handed over; it must have returned before the network loop is destroyed.
// Failure: an exception of the work is errc::internal (run) or logged (post).
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <utility>

#include "base/log.hpp"
#include "base/task.hpp"

namespace krane {

class blocking_pool {
public:
  explicit blocking_pool(std::size_t threads) : pool_(threads) {}
  ~blocking_pool() { stop(); }

  template <class T>
  task<T> run(std::function<result<T>()> work);

  // No coroutine comes back: for what must happen in order behind the work before it.
  void post(std::function<void()> work);

  void stop() { pool_.join(); }

private:
  asio::thread_pool pool_;
};

inline void blocking_pool::post(std::function<void()> work) {
  asio::post(pool_, [work = std::move(work)] {
    try {
      work();
    } catch (std::exception const& e) {
      log::error("base", std::string("work of the blocking pool ended by an exception: ") + e.what());
    } catch (...) {
      log::error("base", "work of the blocking pool ended by an exception of an unknown kind");
    }
  });
}

template <class T>
task<T> blocking_pool::run(std::function<result<T>()> work) {
  executor const back = co_await asio::this_coro::executor;
  co_return co_await asio::async_initiate<asio::use_awaitable_t<executor> const, void(result<T>)>(
      [this, back](auto handler, std::function<result<T>()> body) {
        // Held while the work is away, so that the network loop does not run dry.
        auto keep = asio::make_work_guard(back);
        asio::post(pool_,
                   [handler = std::move(handler), body = std::move(body), keep = std::move(keep), back]() mutable {
                     result<T> outcome = [&]() -> result<T> {
                       try {
                         return body();
                       } catch (std::exception const& e) {
                         return make_error(errc::internal, e.what());
                       } catch (...) {
                         return make_error(errc::internal, "an exception of an unknown kind");
                       }
                     }();
                     asio::post(back, [handler = std::move(handler), outcome = std::move(outcome),
                                       keep = std::move(keep)]() mutable { std::move(handler)(std::move(outcome)); });
                   });
      },
      use_coroutine, std::move(work));
}

}  // namespace krane
