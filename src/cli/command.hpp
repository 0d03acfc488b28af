#pragma once
// What a command is, as a value: its words, its options, what help, man page and completion say of it, and the
// coroutine that does it. Each family gives its commands as such values (families.hpp); command_line.hpp reads what was
// typed by them, so that no family needs to see a library for command lines.
//
//   command{.path = {"history"}, .summary = "List the runs of a deployment", .arguments = {deployment_argument()},
//           .run = show_history}
//
//   task<exit_code> show_history(command_context& with, arguments given) {
//     auto api = with.connect();
//     if (!api) co_return api.error();
//     auto runs = co_await (*api)->list_runs(given.get("NAME"));
//     if (!runs) co_return runs.error();  // main says it as a sentence and exits with the code that fits
//     …
//     co_return exit_code::done;
//   }
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "cli/exit_code.hpp"

namespace krane::cli {

struct command_context;

// What a word can be completed with.
enum class completion { nothing, deployments, contexts, files };

struct option {
  std::string name;                       // "tail" for --tail
  char letter = '\0';                     // 'n' for -n
  std::string value = {};                 // what it takes, as help shows it: "N"; empty: a flag
  std::string meaning;                    // "how many lines to begin with"
  std::vector<std::string> choices = {};  // the only values that are right, if not empty
  completion completes = completion::nothing;
  bool many = false;  // may be given more than once
};

struct argument {
  std::string name;  // "NAME"
  std::string meaning;
  bool required = true;
  bool many = false;  // takes all that are left; the last one only
  completion completes = completion::nothing;
};

struct example {
  std::string line;  // "krane logs web -f"
  std::string meaning;
};

// What `krane --help` lists together.
enum class command_group { deploy, look, server, file, program };

// What was typed, by the names of the command's options ("tail") and arguments ("NAME"), and of the global options.
// Asking for a name that the command does not have is a bug: std::logic_error.
class arguments {
public:
  using values = std::map<std::string, std::vector<std::string>, std::less<>>;
  // All names are there; those that were not given without a value. A flag that was given has one empty value.
  explicit arguments(values given) : given_(std::move(given)) {}

  bool has(std::string_view name) const { return !all(name).empty(); }
  std::optional<std::string> find(std::string_view name) const;
  // Of a required argument.
  std::string const& get(std::string_view name) const;
  std::vector<std::string> const& all(std::string_view name) const;

private:
  values given_;
};

using command_body = task<exit_code> (*)(command_context& with, arguments given);

struct command {
  std::vector<std::string> path;          // {"sessions", "ls"}
  std::vector<std::string> aliases = {};  // of its last word
  command_group group = command_group::program;
  std::string summary;           // a line: "List the runs of a deployment"
  std::string description = {};  // paragraphs, with an empty line between
  std::vector<argument> arguments = {};
  std::vector<option> options = {};
  std::vector<example> examples = {};
  command_body run = nullptr;  // none: a heading for the commands whose path begins with this one's
  bool hidden = false;         // for programs, not for people: in no list

  std::string name() const;  // "sessions ls"
};

// Those of every command: --context, -o, -q, -v, --no-color.
std::vector<option> const& global_options();

argument deployment_argument();

}  // namespace krane::cli
