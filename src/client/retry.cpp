#include "client/retry.hpp"

#include <algorithm>
#include <utility>

#include "client/reason.hpp"

namespace krane::client {

bool may_pass(error const& why) {
  // A certificate, or what is no krane server, is the same in a minute; a server behind a proxy may come back.
  if (why.reason == reason::tls_failed) return false;
  return why.code == errc::unavailable || why.code == errc::timed_out || why.code == errc::rate_limited ||
         why.code == errc::internal;
}

void retry_pause::succeeded() {
  if (std::exchange(lost_at_, std::nullopt) && rules_.on_back) rules_.on_back();
  next_ = rules_.first_pause;
}

task<void> retry_pause::after(error why, std::chrono::milliseconds at_least) {
  if (!may_pass(why)) co_return why;
  auto const now = timer::clock_type::now();
  if (!lost_at_) {
    lost_at_ = now;
    next_ = rules_.first_pause;
    if (rules_.on_lost) rules_.on_lost(why);
  }
  if (now - *lost_at_ >= rules_.patience) co_return why;
  if (!co_await sleep_for(std::max(next_, at_least))) co_return make_error(errc::cancelled, "cancelled");
  next_ = std::min(next_ * 2, rules_.longest_pause);
  co_return result<void>{};
}

}  // namespace krane::client
