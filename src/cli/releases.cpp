#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/config_changes.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/release_word.hpp"
#include "cli/run_follow.hpp"
#include "cli/yaml_writer.hpp"

namespace krane::cli {
namespace {

// What can be shown or compared: a release, or what the server has stored for the next run.
struct content {
  std::string title;                     // "web@3", "web (stored)"
  std::optional<std::uint64_t> release;  // none: stored
  boost::json::object config;
  std::map<std::string, std::uint64_t> secrets{};
  std::optional<std::string> image_id{};
};

content of_release(client::release_info const& from) {
  return {.title = fmt::format("{}@{} ({})", from.run.deployment, from.number, from.state),
          .release = from.number,
          .config = config_of(from.config),
          .secrets = from.secrets,
          .image_id = from.image_id};
}

task<content> get_release(client::krane_api& api, std::string name, std::uint64_t number) {
  auto const found = co_await api.get_release(name, number);
  if (!found) co_return found.error();
  co_return of_release(*found);
}

content stored_content(client::deployment_info const& from) {
  return {.title = fmt::format("{} (stored)", from.template_.name),
          .release = {},
          .config = config_of(from.whole.at("template").at("config"))};
}

boost::json::object as_spec_file(std::string const& name, content const& what) {
  return {{"name", name}, {"config", what.config}};
}

task<exit_code> show(command_context& with, arguments given) {
  auto const what = read_named_release(given.get("NAME"));
  if (!what) co_return what.error();
  auto const api = with.connect();
  if (!api) co_return api.error();
  std::optional<content> found;
  if (what->number) {
    auto release = co_await get_release(**api, what->deployment, *what->number);
    if (!release) co_return release.error();
    found = std::move(*release);
  } else {
    auto const now = co_await (*api)->get_deployment(what->deployment);
    if (!now) co_return now.error();
    found = stored_content(*now);
  }
  auto const file = as_spec_file(what->deployment, *found);
  std::string text = to_yaml(file);
  // Only the server knows their values; as a comment, so that the rest is a file that can be deployed.
  for (auto const& [key, version] : found->secrets) text += fmt::format("# secret {}: version {}\n", key, version);
  with.out.show({.data = file, .names = {what->deployment}, .text = std::move(text)});
  co_return exit_code::done;
}

// A, or what serves; and B, or what is stored.
task<std::pair<content, content>> find_both(client::krane_api& api, std::string name, std::optional<std::uint64_t> a,
                                            std::optional<std::uint64_t> b) {
  auto const now = co_await api.get_deployment(name);
  if (!now) co_return now.error();
  if (!a) {
    if (!now->serving)
      co_return make_error(
          errc::conflict, "nothing_serves",
          fmt::format("nothing of {} serves yet that could be compared; krane run {} brings it up", name, name));
    a = now->serving->number;
  }
  auto before = co_await get_release(api, name, *a);
  if (!before) co_return before.error();
  if (!b) co_return std::pair(std::move(*before), stored_content(*now));
  auto after = co_await get_release(api, name, *b);
  if (!after) co_return after.error();
  co_return std::pair(std::move(*before), std::move(*after));
}

// Of two releases, also what was not said but found: the image behind the tag, and the versions of secrets.
void add_what_was_found(content& to) {
  if (to.image_id) to.config["image_id"] = *to.image_id;
  for (auto const& [key, version] : to.secrets) {
    auto& secrets = to.config["secret_versions"];
    if (!secrets.is_object()) secrets = boost::json::object();
    secrets.get_object()[key] = version;
  }
}

boost::json::value name_in_json(content const& of) {
  return of.release ? boost::json::value(*of.release) : boost::json::value("stored");
}

task<exit_code> compare(command_context& with, arguments given) {
  std::array<std::optional<std::uint64_t>, 2> wanted;
  for (auto const& [word, slot] : {std::pair{"A", &wanted[0]}, std::pair{"B", &wanted[1]}})
    if (auto const text = given.find(word)) {
      auto const number = read_release(*text);
      if (!number) co_return number.error();
      *slot = *number;
    }
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto both = co_await find_both(**api, given.get("NAME"), wanted[0], wanted[1]);
  if (!both) co_return both.error();
  auto& [before, after] = *both;
  if (after.release) {
    add_what_was_found(before);
    add_what_was_found(after);
  }
  auto const changes = find_changes(before.config, after.config);
  boost::json::array all;
  listing out{.data = {}, .names = {}, .text = {}};
  for (config_change const& one : changes) {
    boost::json::object as_json{{"key", one.key}};
    if (one.before) as_json["before"] = one_line(*one.before);
    if (one.after) as_json["after"] = one_line(*one.after);
    all.push_back(std::move(as_json));
    out.names.push_back(one.key);
  }
  out.data = boost::json::object{
      {"before", name_in_json(before)}, {"after", name_in_json(after)}, {"changes", std::move(all)}};
  if (!changes.empty()) out.text = fmt::format("--- {}\n+++ {}\n{}", before.title, after.title, changes_text(changes));
  with.out.show(out);
  co_return changes.empty() ? exit_code::done : exit_code::differs;
}

// As diff does: 1 says that there is a difference, so that what went wrong has to be another code.
task<exit_code> diff(command_context& with, arguments given) {
  auto code = co_await compare(with, std::move(given));
  if (code || exit_code_of(code.error()) != exit_code::failed) co_return code;
  auto const to = with.find_target();
  with.say.error(failure_text(code.error(), to ? &*to : nullptr, with.verbose));
  co_return exit_code::usage;
}

task<exit_code> roll_back(command_context& with, arguments given) {
  auto what = read_following(given);
  if (!what) co_return what.error();
  auto const release = read_named_release(given.get("NAME"), given.find("RELEASE"));
  if (!release) co_return release.error();
  what->name = release->deployment;
  what->goes_back = true;
  what->release = release->number;
  auto const api = with.connect();
  if (!api) co_return api.error();
  co_return co_await start_and_follow(with, **api, std::move(*what));
}

argument release_or_deployment() {
  return {.name = "NAME", .meaning = "the deployment; web@3 is its release 3", .completes = completion::deployments};
}

}  // namespace

std::vector<command> rollback_commands() {
  return {
      {.path = {"rollback"},
       .group = command_group::deploy,
       .summary = "Go back to an earlier release",
       .description =
           "The release is brought up again as it was: its config, its image and its secrets, even if its tag means "
           "another image by now. That is a new release, and its config is the deployment's from then on.\n\n"
           "Without a RELEASE it is the newest one that served before the one that serves now, and had another "
           "content. Typed twice it goes back and forth, since what was gone back from is then the one before; to go "
           "further back, give a number of krane history.\n\n"
           "It is followed to its end as krane deploy is, and refuses no connection; when it fails, what serves now "
           "serves on.",
       .arguments = {release_or_deployment(), {.name = "RELEASE", .meaning = "its number: 3 or @3", .required = false}},
       .options = following_options(),
       .examples = {{"krane rollback web", "back to what served before"},
                    {"krane rollback web @3", "back to release 3"}},
       .run = roll_back}};
}

std::vector<command> release_commands() {
  return {
      {.path = {"show"},
       .group = command_group::look,
       .summary = "Print the config of a deployment, or of a release, as a file",
       .description = "What is stored for the next run, or what a release was made of, in the form of krane.yaml: it "
                      "can be deployed again. Values of secrets are never shown, only their versions.",
       .arguments = {release_or_deployment()},
       .examples = {{"krane show web@3 > krane.yaml", "as release 3 had it"}},
       .run = show},
      {.path = {"diff"},
       .group = command_group::look,
       .summary = "Show what is different between two releases",
       .description =
           "A line \"- KEY: OLD\" and a line \"+ KEY: NEW\" for each field that is not the same, one of them where it "
           "is in one only. Of two releases the image behind the tag and the versions of secrets are compared, too; "
           "values of secrets are never shown.\n\n"
           "The exit code is 0 where nothing is different, 1 where something is, and more where that cannot be said.",
       .arguments = {deployment_argument(),
                     {.name = "A", .meaning = "a release, 3 or @3; else the one that serves", .required = false},
                     {.name = "B", .meaning = "another one; else what is stored for the next run", .required = false}},
       .examples = {{"krane diff web", "what the next run would change"},
                    {"krane diff web 3 5", "what became different from release 3 to 5"}},
       .run = diff}};
}

}  // namespace krane::cli
