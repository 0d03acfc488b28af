#include "base/async.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"

namespace krane {

coroutine<bool> sleep_for(std::chrono::steady_clock::duration how_long) {
  timer t{co_await asio::this_coro::executor};
  t.expires_after(how_long);
  auto [ec] = co_await t.async_wait(use_tuple);
  co_return !ec;
}

signal::signal(executor ex) : timer_(ex, timer::time_point::max()) {}

void signal::notify_all() {
  ++generation_;
  timer_.cancel();
}

coroutine<bool> signal::wait() {
  auto const before = generation_;
  co_await timer_.async_wait(use_tuple);
  // A cancelled waiter and a notified one both see operation_aborted; the generation tells them apart.
  co_return generation_ != before;
}

coroutine<bool> signal::wait_for(std::chrono::steady_clock::duration limit) {
  using asio::experimental::awaitable_operators::operator||;
  auto const before = generation_;
  co_await (wait() || sleep_for(limit));
  co_return generation_ != before;
}

semaphore::semaphore(executor ex, std::size_t slots) : ex_(ex), free_(slots) {}

semaphore::lease& semaphore::lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    if (owner_ != nullptr) owner_->release();
    owner_ = std::exchange(other.owner_, nullptr);
  }
  return *this;
}

semaphore::lease::~lease() {
  if (owner_ != nullptr) owner_->release();
}

task<semaphore::lease> semaphore::acquire() {
  if (free_ > 0) {
    --free_;
    co_return lease{this};
  }
  timer turn{ex_, timer::time_point::max()};
  waiting_.push_back(&turn);
  co_await turn.async_wait(use_tuple);
  // release() takes us off the list when it hands us its slot.
  auto const still_listed = std::ranges::find(waiting_, &turn);
  if (still_listed == waiting_.end()) co_return lease{this};
  waiting_.erase(still_listed);
  co_return make_error(errc::cancelled, "cancelled while waiting for a free slot");
}

void semaphore::release() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  timer* const next = waiting_.front();
  waiting_.pop_front();
  next->cancel();
}

struct task_group::member {
  std::string name;
  asio::cancellation_signal cancel;
};

task_group::task_group(executor ex) : ex_(ex), ended_(ex) {}

task_group::~task_group() = default;

void task_group::spawn(std::string name, coroutine<void> body) {
  if (stopping_) return;
  auto const position = members_.insert(members_.end(), std::make_unique<member>());
  (*position)->name = std::move(name);
  auto on_end = [this, position](std::exception_ptr failure) {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (boost::system::system_error const& e) {
        // Asio unwinds a cancelled coroutine with operation_aborted: that is its normal end.
        if (e.code() != asio::error::operation_aborted)
          log::error("base", fmt::format("{} ended by an exception: {}", (*position)->name, e.what()));
      } catch (std::exception const& e) {
        log::error("base", fmt::format("{} ended by an exception: {}", (*position)->name, e.what()));
      }
    }
    members_.erase(position);
    ended_.notify_all();
  };
  asio::co_spawn(ex_, std::move(body), asio::bind_cancellation_slot((*position)->cancel.slot(), std::move(on_end)));
}

void task_group::cancel() {
  // A cancelled coroutine may end at once and take itself off the list.
  for (auto next = members_.begin(); next != members_.end();) {
    auto const current = next++;
    (*current)->cancel.emit(asio::cancellation_type::terminal);
  }
}

coroutine<void> task_group::stop() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  stopping_ = true;
  while (!members_.empty()) {
    cancel();
    co_await ended_.wait_for(std::chrono::milliseconds{100});
  }
}

std::size_t task_group::size() const { return members_.size(); }

std::vector<std::string> task_group::names() const {
  std::vector<std::string> all;
  for (auto const& one : members_) all.push_back(one->name);
  return all;
}

}  // namespace krane
