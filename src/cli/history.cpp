#include <fmt/format.h>

#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/families.hpp"
#include "cli/number_option.hpp"
#include "cli/relative_time.hpp"

namespace krane::cli {
namespace {

constexpr std::uint64_t usual_releases = 20;
constexpr std::uint64_t most_releases = 1000;

// Why it failed, or where it comes from.
std::string why(client::release_info const& one) {
  if (one.run.failure) return one.run.failure->message;
  return one.restores ? fmt::format("back to release {}", *one.restores) : "";
}

task<exit_code> show_history(command_context& with, arguments given) {
  auto const limit = number_option(given, "limit", 1, most_releases);
  if (!limit) co_return limit.error();
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const releases = co_await (*api)->list_releases(given.get("NAME"), limit->value_or(usual_releases));
  if (!releases) co_return releases.error();
  auto const now = with.time.now();
  table rows({{"RELEASE"}, {"STATE"}, {"IMAGE", column::cut}, {"STARTED"}, {"TOOK"}, {"WHY", column::cut}});
  listing out{.data = encode(*releases), .names = {}, .text = {}};
  for (client::release_info const& one : *releases) {
    out.names.push_back(std::to_string(one.number));
    rows.add({{std::to_string(one.number)},
              {one.state, state_colour(one.state)},
              {short_image(one.image)},
              {relative_time(one.created_at, now)},
              {run_duration(one.run, now)},
              {why(one)}});
  }
  if (releases->empty())
    with.say.line(fmt::format("{} never ran; krane run {} brings it up", given.get("NAME"), given.get("NAME")));
  else
    out.text = with.out.text_of(rows);
  with.out.show(out);
  co_return exit_code::done;
}

}  // namespace

std::vector<command> history_commands() {
  return {{.path = {"history"},
           .group = command_group::look,
           .summary = "List the releases of a deployment, newest first",
           .description =
               "One of them is \"serving\"; those that \"served\" can be gone back to with krane rollback. krane show "
               "NAME@RELEASE prints what one was made of, and krane diff what is different between two.",
           .arguments = {deployment_argument()},
           .options = {{.name = "limit", .letter = 'n', .value = "N", .meaning = "how many at most; 20 unless given"}},
           .run = show_history}};
}

}  // namespace krane::cli
