#include <fmt/format.h>

#include <limits>

#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/number_option.hpp"
#include "cli/plan.hpp"
#include "cli/run_follow.hpp"
#include "cli/wanted_specs.hpp"
#include "model/spec_json.hpp"

namespace krane::cli {
namespace {

result<std::optional<std::uint64_t>> read_if_release(arguments const& given) {
  return number_option(given, "if-release", 0, std::numeric_limits<std::int64_t>::max());
}

task<exit_code> deploy(command_context& with, arguments given) {
  auto what = read_following(given);
  if (!what) co_return what.error();
  auto const wanted = find_specs(given);
  if (given.has("dry-run")) co_return co_await show_plans(with, plans_of(wanted));
  if (!wanted) co_return wanted.error();
  auto const if_release = read_if_release(given);
  if (!if_release) co_return if_release.error();
  if (*if_release && wanted->size() > 1)
    co_return usage_error(fmt::format("there are {} services: name the one that --if-release is for", wanted->size()));
  what->if_release = *if_release;
  auto const api = with.connect();
  if (!api) co_return api.error();
  // All are stored before any is run, so that what is refused of one is told before another has been replaced.
  std::vector<client::stored_deployment> all;
  for (spec const& one : *wanted) {
    auto stored = co_await (*api)->put_deployment({one.name.str(), config_json(one)}, false, *if_release);
    if (!stored) co_return stored.error();
    all.push_back(std::move(*stored));
  }
  for (client::stored_deployment const& stored : all) {
    auto following = *what;
    following.name = stored.now.name;
    with.say.line(fmt::format("{} {}: {} on {}", stored.created ? "Deploying the new" : "Deploying", following.name,
                              image_text(stored.now.config), (*api)->where().text()));
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
           .summary = "Store what a file says, and bring it up",
           .description =
               std::string("The spec of a file, or of options alone where NAME and --image say enough, is "
                           "stored on the server under its name; then a release of it is brought up. Of a Compose file "
                           "each service becomes a deployment, one after the other, or only the one that NAME "
                           "says.\n\n") +
               how_it_goes,
           .arguments = {spec_name_argument()},
           .options = std::move(deploy_options),
           .examples = {{"krane deploy", "what ./krane.json or ./krane.yaml says"},
                        {"krane deploy --tag v2", "the same, but another tag"},
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
