#pragma once
// What a command is handed: where results and messages go, what the person may be asked, and the way to the server.
//
// Threads: the network thread.
// Lifetime: outlives the command.
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "cli/contexts.hpp"
#include "cli/interrupts.hpp"
#include "cli/notes.hpp"
#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "client/client.hpp"

namespace krane::cli {

struct command_context {
  std::optional<std::string> context_name;  // --context
  bool verbose = false;
  environment env;
  terminal& term;       // prompts, widths
  output& out;          // results, on standard output
  notes& say;           // progress and messages, on standard error
  interrupts& signals;  // Ctrl-C
  clock const& time;
  executor network;

  // The server to talk to, and as whom, by --context, the environment, and the files of contexts.
  result<target> find_target() const;
  // A client for that. Fails without a word to the server: where nobody is logged in its calls fail.
  result<std::unique_ptr<client::krane_api>> connect() const;
};

}  // namespace krane::cli
