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

constexpr std::uint64_t usual_runs = 20;
constexpr std::uint64_t most_runs = 1000;

task<exit_code> show_history(command_context& with, arguments given) {
  auto const limit = number_option(given, "limit", 1, most_runs);
  if (!limit) co_return limit.error();
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const runs = co_await (*api)->list_runs(given.get("NAME"), limit->value_or(usual_runs));
  if (!runs) co_return runs.error();
  auto const now = with.time.now();
  table rows({{"RUN"}, {"TAG"}, {"STATE"}, {"STARTED"}, {"TOOK"}, {"WHY", column::cut}});
  listing out{.data = encode(*runs), .names = {}, .text = {}};
  for (client::run_info const& one : *runs) {
    out.names.push_back(one.id);
    rows.add({{std::to_string(one.number)},
              {one.kind == "remove" ? "-" : one.tag},
              {one.state, state_colour(one.state)},
              {relative_time(one.accepted_at, now)},
              {run_duration(one, now)},
              {one.failure ? one.failure->message : ""}});
  }
  if (runs->empty())
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
           .summary = "List the runs of a deployment, newest first",
           .arguments = {deployment_argument()},
           .options = {{.name = "limit", .letter = 'n', .value = "N", .meaning = "how many at most; 20 unless given"}},
           .run = show_history}};
}

}  // namespace krane::cli
