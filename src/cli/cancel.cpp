#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/async.hpp"
#include "base/json.hpp"
#include "cli/command_context.hpp"
#include "cli/families.hpp"

namespace krane::cli {
namespace {

constexpr std::chrono::milliseconds look_again{250};

task<client::run_info> wait_for_end(command_context& with, client::krane_api& api, client::run_info run) {
  while (!run.finished) {
    with.say.progress(fmt::format("Undoing run {} of {}", run.number, run.deployment));
    if (!co_await sleep_for(look_again)) co_return make_error(errc::cancelled, "interrupted");
    auto now = co_await api.get_run(run.deployment, run.id);
    if (!now) co_return now.error();
    run = std::move(*now);
  }
  with.say.end_progress();
  co_return run;
}

task<exit_code> cancel(command_context& with, arguments given) {
  std::string const& name = given.get("NAME");
  auto const api = with.connect();
  if (!api) co_return api.error();
  auto runs = co_await (*api)->cancel_runs(name);
  if (!runs) co_return runs.error();
  listing out{.data = boost::json::array(), .names = {name}, .text = {}};
  bool all_cancelled = true;
  for (client::run_info& run : *runs) {
    if (!given.has("detach")) {
      auto ended = co_await wait_for_end(with, **api, run);
      if (!ended) co_return ended.error();
      run = std::move(*ended);
      // It may have been done before the order came.
      all_cancelled = all_cancelled && run.is_in(run_step::cancelled);
    }
    out.data.as_array().push_back(encode(run));
    out.text += fmt::format("Run {} of {} is {}\n", run.number, name, run.finished ? run.state : "being cancelled");
  }
  with.out.show(out);
  co_return all_cancelled ? exit_code::done : exit_code::conflict;
}

}  // namespace

std::vector<command> cancel_commands() {
  return {{.path = {"cancel"},
           .group = command_group::deploy,
           .summary = "Cancel the run that is under way, and any that waits",
           .description = "What it did is undone; the release before it serves on. A release that serves already is "
                          "not taken back: krane rollback NAME brings the one before it up.",
           .arguments = {deployment_argument()},
           .options = {{.name = "detach", .letter = 'd', .meaning = "do not wait until it is undone"}},
           .run = cancel}};
}

}  // namespace krane::cli
