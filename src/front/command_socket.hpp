#pragma once
// HAProxy's command socket: that of the master, which passes commands on to its workers.
//
// Threads: the network thread.  Failure: errc::unavailable, front_unavailable; errc::timed_out after a second.
// Source: HAProxy 2.6 management guide, "Master CLI".
#include <string>

#include "base/task.hpp"

namespace krane::haproxy {

class command_socket {
public:
  explicit command_socket(std::string path) : path_(std::move(path)) {}

  // The answer, as it is. Several commands have semicolons between them.
  task<std::string> ask(std::string commands) const;

private:
  task<std::string> exchange(std::string commands) const;
  std::string path_;
};

}  // namespace krane::haproxy
