#pragma once
// Starts a run, or takes one up, shows it until its end and says how it ended.
//
// Ctrl-C leaves the run going, and ends at once with how to follow it and how to cancel it. So does a time limit.
//
// Threads: the network thread.
// Failure: of the server's answers. How the run ended is the exit code: 0 done, 1 failed or cancelled by others,
//          5 replaced by a newer one, 124 the time was over, 130 interrupted by Ctrl-C.
#include <chrono>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "cli/command_context.hpp"

namespace krane::cli {

struct run_wanted {
  std::string name;
  std::optional<std::string> tag{};           // none: the deployment's own
  std::optional<std::uint64_t> if_release{};  // only while that one serves
  bool goes_back = false;                     // to `release`; none: as the server chooses
  std::optional<std::uint64_t> release{};
  std::string act{};                        // "stop", "start" or "restart" what serves, instead of a release
  std::optional<std::uint32_t> replicas{};  // so many containers of what serves, instead of a release
  bool detach = false;                      // only say that it began
  std::optional<std::chrono::seconds> limit{};
};

task<exit_code> start_and_follow(command_context& with, client::krane_api& api, run_wanted what);

// One that is under way. `since`: the event after which its own begin to be of interest.
task<exit_code> follow_to_end(command_context& with, client::krane_api& api, client::run_info run,
                              std::optional<std::uint64_t> since, std::optional<std::chrono::seconds> limit);

// --detach and --timeout, and their values.
std::vector<option> following_options();
result<run_wanted> read_following(arguments const& given);

}  // namespace krane::cli
