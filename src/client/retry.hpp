#pragma once
// When to try again what a broken connection or a server that is just starting made fail.
#include <chrono>
#include <functional>
#include <optional>

#include "base/async.hpp"
#include "base/task.hpp"

namespace krane::client {

struct retry_rules {
  std::chrono::milliseconds first_pause{200};
  std::chrono::milliseconds longest_pause{5'000};
  std::chrono::milliseconds patience{std::chrono::minutes{10}};  // without any success
  std::function<void(error const&)> on_lost{};                   // once for each time that the connection is lost
  std::function<void()> on_back{};                               // and when it is there again
};

// Whether the same may succeed a little later.
bool may_pass(error const& why);

// Counts what fails in a row, and waits between the tries.
class retry_pause {
public:
  explicit retry_pause(retry_rules rules) : rules_(std::move(rules)) {}

  // The connection is there (again), and something has come over it.
  void succeeded();
  // Waits before the next try, at least so long. Fails with `why` if trying again is of no use, or the patience is
  // over.
  task<void> after(error why, std::chrono::milliseconds at_least = {});

private:
  retry_rules rules_;
  std::optional<timer::time_point> lost_at_;
  std::chrono::milliseconds next_{0};
};

}  // namespace krane::client
