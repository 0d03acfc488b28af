#include <fmt/format.h>

#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/port_pair.hpp"
#include "cli/run_follow.hpp"
#include "cli/spec_file.hpp"
#include "model/spec_json.hpp"

namespace krane::cli {
namespace {

result<spec_input> read_instead(arguments const& given) {
  spec_input instead;
  instead.name = given.find("NAME");
  instead.image = given.find("image");
  instead.tag = given.find("tag");
  if (auto const text = given.find("port")) {
    auto ports = parse_port_pair(*text);
    if (!ports) return usage_error(fmt::format("--port \"{}\" {}", *text, ports.error().message));
    instead.container_port = std::move(ports->container);
    // Without one in the pair none is wanted, whatever the file says.
    instead.host_port = ports->host.value_or("");
  }
  return instead;
}

// The file's specs with what was said instead; where there is no file, all has to be said.
result<std::vector<spec>> find_specs(arguments const& given) {
  auto const instead = read_instead(given);
  if (!instead) return instead.error();
  std::vector<spec> out;
  auto const path = given.has("file") ? given.find("file") : find_spec_file();
  if (path) {
    auto read = read_spec_files(*path, *instead);
    if (!read) return read.error();
    bool const one_service_only = instead->image || instead->tag || instead->container_port;
    if (read->size() > 1 && one_service_only)
      return usage_error(
          fmt::format("{} has {} services: name the one that --image, --tag or --port is for", *path, read->size()));
    for (spec_file& one : *read) out.push_back(std::move(one.checked));
    return out;
  }
  if (!instead->name || !instead->image) return no_spec_file();
  auto made = make_spec(*instead);
  if (!made) return made.error();
  out.push_back(std::move(*made));
  return out;
}

task<exit_code> deploy(command_context& with, arguments given) {
  auto what = read_following(given);
  if (!what) co_return what.error();
  auto const wanted = find_specs(given);
  if (!wanted) co_return wanted.error();
  auto const api = with.connect();
  if (!api) co_return api.error();
  // All are stored before any is run, so that what is refused of one is told before another has been replaced.
  std::vector<client::stored_deployment> all;
  for (spec const& one : *wanted) {
    auto stored = co_await (*api)->put_deployment({one.name.str(), config_json(one)});
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
  auto const api = with.connect();
  if (!api) co_return api.error();
  co_return co_await start_and_follow(with, **api, std::move(*what));
}

constexpr char how_it_goes[] =
    "It is followed to its end: a line for each phase, and at the end which release serves. When it fails, the release "
    "before it serves on, and what went wrong is said with the container's last lines.\n\n"
    "Ctrl-C stops only the following: the run goes on, on the server. A second Ctrl-C within three seconds cancels it.";

}  // namespace

std::vector<command> deploy_commands() {
  std::vector<option> deploy_options{
      {.name = "file",
       .letter = 'f',
       .value = "FILE",
       .meaning = "the spec, or a Compose file; else krane.json, krane.yaml or deployment.json of this folder, the "
                  "first that is there",
       .completes = completion::files},
      {.name = "image", .value = "IMAGE", .meaning = "the image, instead of the file's; it may have a tag: app:v2"},
      {.name = "tag", .value = "TAG", .meaning = "the image's tag, instead of the file's"},
      {.name = "port",
       .value = "HOST:CONTAINER",
       .meaning = "the port of the server's machine and the container's, instead of the file's; CONTAINER alone "
                  "publishes none"},
  };
  auto const following = following_options();
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
           .arguments = {{.name = "NAME",
                          .meaning = "the deployment's name, instead of the file's",
                          .required = false,
                          .completes = completion::deployments}},
           .options = std::move(deploy_options),
           .examples = {{"krane deploy", "what ./krane.json or ./krane.yaml says"},
                        {"krane deploy --tag v2", "the same, but another tag"},
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
