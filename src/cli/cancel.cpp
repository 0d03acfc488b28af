#include <fmt/format.h>

#include <algorithm>

#include "base/async.hpp"
#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/families.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t runs_to_look_at = 20;
constexpr std::chrono::milliseconds look_again{250};

task<client::run_info> get_run_under_way(client::krane_api& api, std::string name) {
  auto const runs = co_await api.list_runs(name, runs_to_look_at);
  if (!runs) co_return runs.error();
  auto const found = std::ranges::find_if(*runs, [](client::run_info const& one) { return !one.finished; });
  if (found == runs->end())
    co_return make_error(errc::conflict, "no_run_under_way", fmt::format("no run of {} is under way", name));
  co_return *found;
}

task<exit_code> cancel(command_context& with, arguments given) {
  std::string const name = given.get("NAME");
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto const run = co_await get_run_under_way(**api, name);
  if (!run) co_return run.error();
  auto now = co_await (*api)->cancel_run(name, run->id);
  while (now && !now->finished && !given.has("detach")) {
    with.say.progress(fmt::format("Undoing run {} of {}", now->number, name));
    if (!co_await sleep_for(look_again)) co_return make_error(errc::cancelled, "interrupted");
    now = co_await (*api)->get_run(name, run->id);
  }
  with.say.end_progress();
  if (!now) co_return now.error();
  // It may have been done before the order came.
  bool const cancelled = !now->finished || now->is_in(run_step::cancelled);
  with.out.show(
      {.data = encode(*now),
       .names = {name},
       .text = fmt::format("Run {} of {} is {}\n", now->number, name, now->finished ? now->state : "being cancelled")});
  co_return cancelled ? exit_code::done : exit_code::conflict;
}

}  // namespace

std::vector<command> cancel_commands() {
  return {{.path = {"cancel"},
           .group = command_group::deploy,
           .summary = "Cancel the run that is under way",
           .description = "What it did is undone; the release before it serves on. A release that serves already is "
                          "not taken back: krane run NAME TAG brings an earlier one up.",
           .arguments = {deployment_argument()},
           .options = {{.name = "detach", .letter = 'd', .meaning = "do not wait until it is undone"}},
           .run = cancel}};
}

}  // namespace krane::cli
