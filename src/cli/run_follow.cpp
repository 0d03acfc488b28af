#include "cli/run_follow.hpp"

#include <fmt/format.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/async.hpp"
#include "base/json.hpp"
#include "cli/deployment_text.hpp"
#include "cli/failure.hpp"
#include "cli/relative_time.hpp"
#include "cli/run_display.hpp"
#include "cli/run_failure.hpp"
#include "client/event_follower.hpp"
#include "model/reason.hpp"

namespace krane::cli {
namespace {

using namespace asio::experimental::awaitable_operators;
using client::krane_api;
using client::run_info;

constexpr std::chrono::milliseconds redraw_every{200};
// More than any wait of a person.
constexpr std::chrono::hours no_limit{24 * 365};

class followed_run {
public:
  followed_run(command_context& with, krane_api& api, run_info run, std::optional<std::uint64_t> since)
      : with_(with), api_(api), run_(std::move(run)), seen_(since), display_(run_.id, with.say.colours()) {}

  task<exit_code> to_end(std::optional<std::chrono::seconds> limit);

private:
  // The run at its end.
  task<run_info> follow();
  task<run_info> follow_events();
  coroutine<void> redraw();
  void draw(std::vector<std::string> const& lines);

  task<exit_code> show_end(run_info const& ended);
  std::string how_to_go_on() const;

  command_context& with_;
  krane_api& api_;
  run_info run_;
  std::optional<std::uint64_t> seen_;
  run_display display_;
};

void followed_run::draw(std::vector<std::string> const& lines) {
  for (std::string const& line : lines) with_.say.line(line);
  auto const width = with_.term.messages_width().value_or(80) - 1;
  if (auto const now = display_.under_way(with_.time.now(), width)) with_.say.progress(*now);
}

coroutine<void> followed_run::redraw() {
  for (;;) {
    co_await sleep_for(redraw_every);
    if (with_.say.shows_progress())
      draw({});
    else if (auto const still = display_.still_under_way(with_.time.now()))
      with_.say.line(*still);
  }
}

task<run_info> followed_run::follow_events() {
  client::retry_rules rules;
  rules.on_lost = [this](error const& why) { with_.say.line(why.message + "; trying again"); };
  rules.on_back = [this] { with_.say.line("the server is there again"); };
  client::event_follower events(api_, run_.deployment, seen_, std::move(rules));
  while (!display_.has_ended()) {
    auto const next = co_await events.next();
    if (!next) co_return next.error();
    if (!*next)
      co_return make_error(errc::conflict, krane::reason::deployment_deleting,
                           fmt::format("{} was removed before run {} was done", run_.deployment, run_.number));
    seen_ = (*next)->Id;
    draw(display_.add(**next));
    // What was missed may have been the end.
    if ((*next)->Phase != "gap") continue;
    auto now = co_await api_.get_run(run_.deployment, run_.id);
    if (!now || now->finished) co_return now;
  }
  co_return co_await api_.get_run(run_.deployment, run_.id);
}

task<run_info> followed_run::follow() {
  auto first = co_await (follow_events() || redraw());
  with_.say.end_progress();
  co_return std::move(std::get<0>(first));
}

std::string followed_run::how_to_go_on() const {
  return fmt::format("run {} of {} goes on; krane events {} -f follows it, krane cancel {} stops it", run_.number,
                     run_.deployment, run_.deployment, run_.deployment);
}

task<exit_code> followed_run::show_end(run_info const& ended) {
  bool const done = ended.is_in(run_step::done);
  std::string text;
  if (done && ended.kind == "stop") {
    text = fmt::format("{} is stopped (run {}, {})\n", ended.deployment, ended.number,
                       run_duration(ended, with_.time.now()));
  } else if (done) {
    auto const& port = display_.has_ended() ? display_.last().Deployment.Config.HostPort : "";
    // Of a program that may end, and without a port such as one has nothing else is seen.
    bool has_ended = false;
    if (port.empty())
      if (auto const now = co_await api_.get_deployment(ended.deployment)) has_ended = now->status == "ended";
    text = fmt::format("{} {} {}{} (run {}, {}{})\n", ended.deployment, has_ended ? "has ended, and ran" : "runs",
                       ended.image, port.empty() ? "" : " on port " + port, ended.number,
                       ended.restores ? fmt::format("back to release {}, ", *ended.restores) : "",
                       run_duration(ended, with_.time.now()));
  }
  if (done || with_.out.format() == output_format::json || with_.out.format() == output_format::yaml)
    with_.out.show({.data = encode(ended), .names = {ended.deployment}, .text = text});
  if (done) co_return exit_code::done;
  std::optional<run_info> serving;
  // What serves is worth saying, and no reason to say less where it cannot be asked for.
  if (auto now = co_await api_.get_deployment(ended.deployment)) serving = std::move(now->serving);
  with_.say.error(run_failure_text(ended, serving, with_.time.now(), with_.say.colours()));
  if (ended.is_in(run_step::superseded)) co_return exit_code::conflict;
  co_return exit_code::failed;
}

task<exit_code> followed_run::to_end(std::optional<std::chrono::seconds> limit) {
  std::optional<interrupts::taken_over> signals(std::in_place, with_.signals);
  auto const first = co_await (follow() || signals->next() || sleep_for(limit.value_or(no_limit)));
  if (first.index() == 1) {
    with_.say.end_progress();
    with_.say.error(how_to_go_on());
    co_return exit_code::interrupted;
  }
  // From here on a Ctrl-C ends this program only.
  signals.reset();
  if (first.index() == 2) {
    with_.say.end_progress();
    co_return make_error(errc::timed_out, fmt::format("the time is over, and {}", how_to_go_on()));
  }
  auto const& ended = std::get<0>(first);
  if (!ended) co_return ended.error();
  co_return co_await show_end(*ended);
}

}  // namespace

task<exit_code> follow_to_end(command_context& with, krane_api& api, run_info run, std::optional<std::uint64_t> since,
                              std::optional<std::chrono::seconds> limit) {
  followed_run one(with, api, std::move(run), since);
  co_return co_await one.to_end(limit);
}

task<exit_code> start_and_follow(command_context& with, krane_api& api, run_wanted what) {
  // Everything that the run will say comes after this.
  std::optional<std::uint64_t> since;
  if (!what.detach) {
    auto const newest = co_await api.list_events(what.name, std::nullopt, 1);
    if (!newest) co_return newest.error();
    since = newest->empty() ? 0 : newest->back().Id;
  }
  auto run = co_await (what.replicas       ? api.scale(what.name, *what.replicas)
                       : !what.act.empty() ? api.act_on_serving(what.name, what.act)
                       : what.goes_back    ? api.roll_back(what.name, what.release)
                                           : api.start_run(what.name, std::move(what.tag), what.if_release));
  if (!run) co_return run.error();
  if (run->restores)
    with.say.line(fmt::format("Taking {} back to release {}: {} on {}", run->deployment, *run->restores,
                              short_image(run->image), api.where().text()));
  if (!what.detach) co_return co_await follow_to_end(with, api, std::move(*run), since, what.limit);
  with.say.line(fmt::format("krane events {} -f follows it", what.name));
  with.out.show({.data = encode(*run),
                 .names = {what.name},
                 .text = fmt::format("Run {} of {} is accepted\n", run->number, what.name)});
  co_return exit_code::done;
}

std::vector<option> following_options() {
  return {{.name = "detach", .letter = 'd', .meaning = "do not wait for the end; the server goes on by itself"},
          {.name = "timeout",
           .value = "TIME",
           .meaning = "how long to wait for the end: 90s, 5m, 1h; the run itself goes on, and the exit code is 124"}};
}

result<run_wanted> read_following(arguments const& given) {
  run_wanted out{.name = {}, .detach = given.has("detach")};
  if (auto const limit = given.find("timeout")) {
    out.limit = parse_duration(*limit);
    if (!out.limit) return usage_error(fmt::format("--timeout \"{}\" is no time; write 90s, 5m or 1h", *limit));
  }
  return out;
}

}  // namespace krane::cli
