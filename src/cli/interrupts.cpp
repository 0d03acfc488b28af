#include "cli/interrupts.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <csignal>

#include "cli/exit_code.hpp"

namespace krane::cli {
namespace {

constexpr int leave_within_us = 500'000;

// What does not end when it is cancelled, such as the look-up of a name, does not keep anybody from leaving.
void leave_soon() {
  std::signal(SIGALRM, [](int) { _exit(static_cast<int>(exit_code::interrupted)); });
  itimerval const once{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = leave_within_us}};
  setitimer(ITIMER_REAL, &once, nullptr);
}

}  // namespace

coroutine<int> interrupts::watch() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  for (;;) {
    auto const [failed, number] = co_await signals_.async_wait(use_tuple);
    if (failed) co_return 0;
    if (owners_ == 0) {
      signals_.clear();
      leave_soon();
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
