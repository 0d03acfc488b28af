#pragma once
// One look at whether a program answers at an address: by a connection, or by an HTTP request.
//
// Threads: the network thread.  Cancel: at any time.
#include <chrono>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "model/port.hpp"

namespace krane {

struct port_check {
  std::string address;  // IPv4
  port number = 0;
  std::optional<std::string> path{};  // of an HTTP request; none: that it accepts is enough
  std::chrono::milliseconds limit{1'000};
};

// No value: it answers, HTTP with 200 to 399. Else what was seen: "172.18.0.2:8080: Connection refused",
// "GET :8080/up → 503; wanted 200–399".
coroutine<std::optional<std::string>> look_at_port(port_check what);

}  // namespace krane
