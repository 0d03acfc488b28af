#include <fmt/format.h>

#include "cli/command_context.hpp"
#include "cli/families.hpp"
#include "cli/run_follow.hpp"

namespace krane::cli {
namespace {

task<exit_code> act(command_context& with, arguments given, std::string what) {
  auto wanted = read_following(given);
  if (!wanted) co_return wanted.error();
  wanted->name = given.get("NAME");
  wanted->act = std::move(what);
  auto const api = with.connect();
  if (!api) co_return api.error();
  co_return co_await start_and_follow(with, **api, std::move(*wanted));
}

task<exit_code> stop(command_context& with, arguments given) {
  return act(with, std::move(given), "stop");
}
task<exit_code> start(command_context& with, arguments given) {
  return act(with, std::move(given), "start");
}
task<exit_code> restart(command_context& with, arguments given) {
  return act(with, std::move(given), "restart");
}

}  // namespace

std::vector<command> stop_commands() {
  return {
      {.path = {"stop"},
       .group = command_group::deploy,
       .summary = "Stop a deployment; it stays stopped until it is started",
       .description = "The container of the release that serves is stopped and kept, and its host port is closed. It "
                      "stays so over restarts of the server and of its machine. krane start starts it again, and a "
                      "deploy or a run brings up a new release as ever.",
       .arguments = {deployment_argument()},
       .options = following_options(),
       .run = stop},
      {.path = {"start"},
       .group = command_group::deploy,
       .summary = "Start a deployment that was stopped",
       .description = "The same container is started and checked, and its host port is opened and led to it.",
       .arguments = {deployment_argument()},
       .options = following_options(),
       .run = start},
      {.path = {"restart"},
       .group = command_group::deploy,
       .summary = "Stop and start the container that serves",
       .description = "Nothing is pulled and nothing is made anew. Connections to a host port that krane holds wait "
                      "meanwhile. To replace the container without a pause: krane run NAME.",
       .arguments = {deployment_argument()},
       .options = following_options(),
       .run = restart}};
}

}  // namespace krane::cli
