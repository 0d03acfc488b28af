#pragma once
// What was typed, read by the table of commands.
//   krane [global options] COMMAND [options and arguments, global options among them]
//
// Threads: any.
// Failure: reason::usage, with the nearest word that is known where one is close.
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/command.hpp"

namespace krane::cli {

struct typed_command {
  enum class kind { run, help };
  kind wants = kind::help;
  // None: help for the whole program.
  command const* what = nullptr;
  arguments given;
};

// `line` without the program's name.
result<typed_command> read_command_line(std::vector<std::string> line, std::vector<command> const& all);

}  // namespace krane::cli
