#include "api/engine_watch.hpp"

namespace krane {
namespace {

constexpr std::chrono::milliseconds ping_limit{1'000};
constexpr std::chrono::milliseconds good_for{1'000};

// However the look ends, the next may begin and those who wait go on.
class look_guard {
public:
  look_guard(bool& looking, signal& looked) : looking_(looking), looked_(looked) { looking_ = true; }
  ~look_guard() {
    looking_ = false;
    looked_.notify_all();
  }
  look_guard(look_guard const&) = delete;

private:
  bool& looking_;
  signal& looked_;
};

}  // namespace

coroutine<bool> engine_watch::answers() {
  while (looking_) co_await looked_.wait();
  if (looked_at_ && timer::clock_type::now() - *looked_at_ < good_for) co_return answered_;
  look_guard const guard(looking_, looked_);
  auto const pong = co_await with_deadline(docker_.ping(), ping_limit, make_error(errc::timed_out, "no answer"));
  answered_ = pong.has_value();
  looked_at_ = timer::clock_type::now();
  co_return answered_;
}

}  // namespace krane
