#include "cli/interrupts.hpp"

#include <csignal>

namespace krane::cli {

coroutine<int> interrupts::watch() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  for (;;) {
    auto const [failed, number] = co_await signals_.async_wait(use_tuple);
    if (failed) co_return 0;
    if (owners_ == 0) {
      signals_.clear();
      co_return number;
    }
    ++waiting_;
    came_.notify_all();
  }
}

coroutine<void> interrupts::taken_over::next() {
  while (from_.waiting_ == 0)
    if (!co_await from_.came_.wait()) co_return;
  --from_.waiting_;
}

}  // namespace krane::cli
