#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "cli/command_context.hpp"
#include "cli/config_changes.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/number_option.hpp"
#include "cli/plan.hpp"
#include "cli/run_follow.hpp"
#include "cli/wanted_specs.hpp"

namespace krane::cli {
namespace {

result<std::optional<std::uint64_t>> read_if_release(arguments const& given) {
  return number_option(given, "if-release", 0, std::numeric_limits<std::int64_t>::max());
}

// What the configuration that is stored now has, and had not before.
void say_changes(command_context& with, wanted_deployment const& wanted) {
  if (wanted.keeps_replicas)
    with.say.line(fmt::format("  replicas: {} as before; the file names no number", *wanted.keeps_replicas));
  std::string const text = changes_text(without_environment_values(wanted.changes()));
  std::string_view rest = text;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('\n'), rest.size() - 1);
    with.say.line(fmt::format("  {}", rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
}

task<exit_code> deploy(command_context& with, arguments given) {
  auto what = read_following(given);
  if (!what) co_return what.error();
  auto typed = read_typed(given);
  if (given.has("dry-run")) co_return co_await show_plans(with, std::move(typed));
  if (!typed) co_return typed.error();
  auto const if_release = read_if_release(given);
  if (!if_release) co_return if_release.error();
  if (*if_release && typed->size() > 1)
    co_return usage_error(fmt::format("there are {} services: name the one that --if-release is for", typed->size()));
  what->if_release = *if_release;
  auto const api = with.connect();
  if (!api) co_return api.error();
  // All are stored before any is run, so that what is refused of one is told before another has been replaced.
  std::vector<stored_wanted> all;
  for (typed_deployment& one : *typed) {
    auto stored = co_await store_wanted(**api, std::move(one), *if_release);
    if (!stored) co_return stored.error();
    all.push_back(std::move(*stored));
  }
  for (stored_wanted const& one : all) {
    auto following = *what;
    following.name = one.stored.now.name;
    with.say.line(fmt::format("{} {}: {} on {}, from {}", one.stored.created ? "Deploying the new" : "Deploying",
                              following.name, image_text(one.stored.now.config), (*api)->where().text(),
                              one.wanted.source));
    say_changes(with, one.wanted);
    auto const ended = co_await start_and_follow(with, **api, std::move(following));
    if (!ended || *ended != exit_code::done) co_return ended;
  }
  co_return exit_code::done;
}

task<exit_code> run(command_context& with, arguments given) {
  auto what = read_following(given);
  if (!what) co_return what.error();
  what->name = given.get("NAME");
  what->tag = given.find("TAG");
  auto const if_release = read_if_release(given);
  if (!if_release) co_return if_release.error();
  what->if_release = *if_release;
  auto const api = with.connect();
  if (!api) co_return api.error();
  co_return co_await start_and_follow(with, **api, std::move(*what));
}

option if_release_option() {
  return {.name = "if-release",
          .value = "N",
          .meaning = "only if release N serves now, as krane plan says it; 0: if none does. Else the exit code is 5"};
}

constexpr char how_it_goes[] =
    "It is followed to its end: a line for each phase, and at the end which release serves. When it fails, the release "
    "before it serves on, and what went wrong is said with the container's last lines.\n\n"
    "Ctrl-C stops watching at once; the run continues on the server, and krane cancel NAME cancels it.";

}  // namespace

std::vector<command> deploy_commands() {
  auto deploy_options = spec_options();
  auto following = following_options();
  following.push_back(if_release_option());
  deploy_options.push_back(
      {.name = "dry-run", .meaning = "only say what it would do, as krane plan does, with its exit codes"});
  deploy_options.insert(deploy_options.end(), following.begin(), following.end());
  return {{.path = {"deploy"},
           .group = command_group::deploy,
           .summary = "Deploy what a file describes, or a change by options",
           .description =
               std::string("With a file, saves the configuration that it describes on the server, then deploys it as a "
                           "new release. The file replaces the stored configuration whole; only the number of "
                           "containers stays as it is, where the file has no replicas. Each service of a "
                           "Compose file becomes a deployment; NAME picks one of them.\n\n"
                           "Without a file, --image, --tag and --port change the stored configuration of NAME and "
                           "leave the rest as it is. A deployment that does not exist yet is created; it needs at "
                           "least --image. krane.yaml of this folder counts only if it names NAME, or if NAME is not "
                           "given. The first line says what was used, and the lines below it what that "
                           "changes.\n\n") +
               how_it_goes,
           .arguments = {spec_name_argument()},
           .options = std::move(deploy_options),
           .examples = {{"krane deploy", "what ./krane.json or ./krane.yaml says"},
                        {"krane deploy --tag v2", "the same, but another tag"},
                        {"krane deploy web --tag v2", "web as it is stored, but another tag"},
                        {"krane deploy --dry-run", "what it would do"},
                        {"krane deploy -f compose.yaml", "each service of a Compose file"},
                        {"krane deploy web --image davidcasta/docker-to-node --port 9002:8080", "without a file"}},
           .run = deploy},
          {.path = {"run"},
           .group = command_group::deploy,
           .summary = "Bring up a release of a deployment that the server knows",
           .description = std::string("Nothing is stored: the deployment's own spec counts, with another tag if one is "
                                      "given. krane rollback goes back to an earlier release.\n\n") +
                          how_it_goes,
           .arguments = {deployment_argument(),
                         {.name = "TAG", .meaning = "the image's tag, for this run", .required = false}},
           .options = following,
           .examples = {{"krane run web", "pull it anew and replace the release that serves"},
                        {"krane run web v1", "the same with the image of tag v1"}},
           .run = run}};
}

}  // namespace krane::cli
