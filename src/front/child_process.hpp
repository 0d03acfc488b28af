#pragma once
// Programs that the front starts. None of them inherits a descriptor of ours but what it writes into, and none ends
// because we do.
//
// Threads: the network thread.
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/task.hpp"

namespace krane {

// The path of a program in $PATH or the folders for system programs, or empty.
std::string find_program(std::string const& name);

// Starts it in a session of its own; what it writes goes to the end of `output_file`, its input is empty.
result<pid_t> start_program(std::vector<std::string> const& command, std::string const& output_file);

// Waits until the process ends, whether or not it is a child; false when `limit` passes first or we are cancelled. A
// child's exit code is given back (128 + n for signal n), a stranger's is 0.
struct program_end {
  bool ended = false;
  int exit_code = 0;
};
coroutine<program_end> wait_for_end(pid_t process, std::chrono::milliseconds limit);

// Runs it to its end; it is killed when `limit` is over. What it wrote, and its exit code.
struct program_result {
  int exit_code = 0;
  std::string output;
};
task<program_result> run_program(std::vector<std::string> command, std::string output_file,
                                 std::chrono::milliseconds limit);

// Whether the process runs, and `argument` is one of its command line.
bool runs_with_argument(pid_t process, std::string const& argument);

// All of these that can be seen, but for those whose parent is one of them.
std::vector<pid_t> eldest_with_argument(std::string const& argument);

}  // namespace krane
