#pragma once
// What the program's exit code tells scripts; `krane --help` lists them.

namespace krane::cli {

enum class exit_code {
  done = 0,
  failed = 1,
  differs = 1,  // of krane diff, as diff has it
  usage = 2,
  changes = 2,  // of krane plan
  not_found = 3,
  not_allowed = 4,
  conflict = 5,
  unreachable = 6,
  timed_out = 124,
  interrupted = 130,
};

}  // namespace krane::cli
