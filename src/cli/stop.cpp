#include <fmt/format.h>

#include <charconv>

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

// "web=3"
task<exit_code> scale(command_context& with, arguments given) {
  std::string const& text = given.get("NAME=N");
  auto const equals = text.find('=');
  std::uint32_t replicas = 0;
  std::string_view const number = std::string_view(text).substr(equals == text.npos ? text.size() : equals + 1);
  auto const [end, wrong] = std::from_chars(number.data(), number.data() + number.size(), replicas);
  if (equals == 0 || number.empty() || wrong != std::errc{} || end != number.data() + number.size())
    co_return usage_error(fmt::format("\"{}\" does not say how many of what; write krane scale web=3", text));
  auto wanted = read_following(given);
  if (!wanted) co_return wanted.error();
  wanted->name = text.substr(0, equals);
  wanted->replicas = replicas;
  auto const api = with.connect();
  if (!api) co_return api.error();
  co_return co_await start_and_follow(with, **api, std::move(*wanted));
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
       .run = restart},
      {.path = {"scale"},
       .group = command_group::deploy,
       .summary = "Have more or fewer containers of what serves",
       .description = "Only the difference is made: containers that are there stay as they are, new ones take "
                      "connections once they have been checked, and those that are too many are let finish and are "
                      "removed. The deployment's config asks for as many from then on, and going back to an earlier "
                      "release brings as many as that had.",
       .arguments = {{.name = "NAME=N", .meaning = "the deployment, and how many containers it is to have, 1 to 20"}},
       .options = following_options(),
       .examples = {{"krane scale web=3", "three containers share the connections of its host port"}},
       .run = scale}};
}

}  // namespace krane::cli
