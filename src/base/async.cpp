#include "base/async.hpp"

#include <boost/asio/this_coro.hpp>

namespace krane {

coroutine<bool> sleep_for(std::chrono::steady_clock::duration how_long) {
  timer t{co_await asio::this_coro::executor};
  t.expires_after(how_long);
  auto [ec] = co_await t.async_wait(use_tuple);
  co_return !ec;
}

// Lives in the frame of the coroutine that waits; takes itself off the list however that ends.
class wait_list::waiter {
public:
  waiter(wait_list& owner, timer::time_point until)
      : alarm(owner.ex_, until), owner_(&owner), position_(owner.waiting_.insert(owner.waiting_.end(), this)) {}
  ~waiter() { leave(); }
  waiter(waiter const&) = delete;

  void wake() {
    leave();
    woken = true;
    alarm.cancel();
  }
  void abandon() {
    leave();
    alarm.cancel();
  }

  timer alarm;
  bool woken = false;

private:
  void leave() {
    if (owner_ != nullptr) owner_->waiting_.erase(position_);
    owner_ = nullptr;
  }
  wait_list* owner_;
  std::list<waiter*>::iterator position_;
};

wait_list::~wait_list() {
  while (!waiting_.empty()) waiting_.front()->abandon();
}

coroutine<bool> wait_list::wait(timer::time_point until) {
  waiter self{*this, until};
  // Being woken and being cancelled both end the timer's wait early; `woken` tells them apart.
  co_await self.alarm.async_wait(use_tuple);
  co_return self.woken;
}

bool wait_list::wake_one() {
  if (waiting_.empty()) return false;
  waiting_.front()->wake();
  return true;
}

void wait_list::wake_all() {
  while (wake_one()) continue;
}

coroutine<bool> signal::wait_for(std::chrono::steady_clock::duration limit) {
  return waiting_.wait(timer::clock_type::now() + limit);
}

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
  if (co_await waiting_.wait()) co_return lease{this};  // release() handed its slot over
  co_return make_error(errc::cancelled, "cancelled while waiting for a free slot");
}

void semaphore::release() {
  if (!waiting_.wake_one()) ++free_;
}

}  // namespace krane
