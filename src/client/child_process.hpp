#pragma once
// A program of the machine that runs beside this one: ssh, an ssh-agent. Destroyed, it is ended and gone.
//
// Threads: the network thread.
// Failure: errc::unavailable, reason "no_such_program", when it cannot be started.
#include <sys/types.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task.hpp"

namespace krane::client {

struct child_options {
  std::vector<std::string> command{};                              // looked for in PATH
  std::vector<std::pair<std::string, std::string>> environment{};  // beside this program's own
  // -1: as this program's own. They stay open here.
  int in = -1;
  int out = -1;
  int err = -1;
  // Ctrl-C at the terminal is for this program, which may have more to do with the child.
  bool ignores_interrupt = false;
};

class child_process {
public:
  static result<child_process> start(executor network, child_options const& what);
  ~child_process();
  child_process(child_process&&) noexcept;
  child_process& operator=(child_process&&) = delete;

  // Its exit code, or 128 and the signal that ended it. Once only.
  task<int> wait();

private:
  child_process(executor network, pid_t id, int watch);
  void end();
  int reap();

  pid_t id_;  // 0: reaped
  asio::posix::basic_stream_descriptor<executor> watch_;
};

}  // namespace krane::client
