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
  std::optional<std::string> path{};       // of an HTTP request; none: that it accepts is enough
  std::chrono::milliseconds limit{5'000};  // a first answer takes its time
};

struct port_seen {
  enum class what {
    answers,
    refuses,  // or there is no way to it
    silent,   // it took the connection, and the time was over
    wrong,    // it answered something else
  };
  what is = what::answers;
  std::string
      text;  // "172.18.0.2:8080: Connection refused", "GET :8080/up → 503; wanted 200–399", "GET :8080/up → 200"
};

// An HTTP answer is good with 200 to 399.
coroutine<port_seen> look_at_port(port_check what);

}  // namespace krane
