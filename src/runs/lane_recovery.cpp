// lane_service, as far as it goes on with what was begun: unfinished runs after a start, and releases that do not run.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "model/reason.hpp"
#include "runs/lane_service.hpp"

namespace krane {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds recovery_retry{1'000};

}  // namespace

// Runs are queued before anything is waited for but the store, so that a request which comes meanwhile finds its place
// behind them. They go on when the front holds its ports again: until then nobody knows which are our own.
coroutine<void> lane_service::recover() {
  auto const unfinished = co_await read_runs(&run_store::unfinished);
  if (!unfinished) co_return;
  queue_all(*unfinished);
  co_await end_cancelled(*unfinished);
  auto const until = steady_clock::now() + options_.adopt_limit;
  tasks_.spawn("the ports of before", adopt_ports(*unfinished));
  while (!has_ports_ && steady_clock::now() < until) co_await came_further_.wait_for(until - steady_clock::now());
  if (!has_ports_) log::error("runs", "the front takes too long to hold its ports, so runs go on without them");
  drive_all();
  reconciler_.start(tasks_);
  cleaner_.start(tasks_);
}

task<std::vector<run>> lane_service::read_runs(task<std::vector<run>> (run_store::*which)()) {
  while (true) {
    auto read = co_await (state_.runs().*which)();
    if (read) co_return read;
    log::error("runs", fmt::format("the runs cannot be read, trying again: {}", read.error().message));
    if (!co_await sleep_for(recovery_retry)) co_return make_error(errc::cancelled, "the server stops");
  }
}

void lane_service::queue_all(std::vector<run> const& unfinished) {
  for (run const& r : unfinished) lane_of(r.what.name)->waiting.push_back({r, true});
  // A run that was under way is older than those that wait behind it.
  for (auto const& [name, l] : lanes_)
    std::ranges::sort(l->waiting, {}, [](lane::waiting_run const& w) { return w.what.number; });
  queued_all_ = true;
  came_further_.notify_all();
  if (!unfinished.empty()) log::info("runs", fmt::format("going on with {} unfinished runs", unfinished.size()));
}

coroutine<void> lane_service::end_cancelled(std::vector<run> unfinished) {
  for (run const& r : unfinished) {
    if (!r.cancel_requested) continue;
    lane_ptr const l = lane_of(r.what.name);
    if (auto const turn = co_await l->turn.acquire()) co_await carry_out_cancel(l, r);
  }
}

coroutine<void> lane_service::adopt_ports(std::vector<run> unfinished) {
  auto serving = co_await read_runs(&run_store::serving);
  if (!serving) co_return;
  if (auto adopted = co_await ports_.adopt(std::move(*serving), std::move(unfinished)); !adopted)
    log::error("runs", fmt::format("host ports cannot be held: {}", adopted.error().message));
  has_ports_ = true;
  came_further_.notify_all();
}

void lane_service::drive_all() {
  driving_ = true;
  std::vector<lane_ptr> busy;
  for (auto const& [name, l] : lanes_)
    if (!l->waiting.empty()) busy.push_back(l);
  // A release that we stopped and that nothing has replaced yet is fixed first of all.
  std::ranges::sort(busy, {}, [](lane_ptr const& l) {
    run const& first = l->waiting.front().what;
    return std::pair(!first.old_was_stopped, first.accepted_at);
  });
  for (lane_ptr const& l : busy) ensure_worker(l);
}

void lane_service::want_tidy(deployment_name const& name) {
  lane_ptr const l = lane_of(name);
  if (steady_clock::now() < l->tidy_not_before) return;
  l->tidy_wanted = true;
  ensure_worker(l);
}

coroutine<void> lane_service::tidy_ports(lane_ptr l) {
  log::info("runs", fmt::format("the front holds a port that {} has no use for; it is let go", l->name.str()));
  auto const tidied = co_await ports_.tidy(l->name);
  l->tidy_not_before = tidied ? steady_clock::time_point{} : steady_clock::now() + options_.reconcile_every;
  if (!tidied) log::warn("runs", fmt::format("a port of {} is still held: {}", l->name.str(), tidied.error().message));
}

void lane_service::want_back(deployment_name const& name) {
  lane_ptr const l = lane_of(name);
  // What failed a moment ago would fail again, and might pull from a registry each time.
  if (steady_clock::now() < l->restore_not_before) return;
  l->restore_wanted = true;
  ensure_worker(l);
}

coroutine<void> lane_service::bring_back(lane_ptr l) {
  deployment const* const of = state_.find_deployment(l->name);
  if (of == nullptr || !of->serving) co_return;
  if (of->status == deployment_status::deleting) co_return;
  if (of->status == deployment_status::unreadable) co_return;
  bool const is_stopped = of->status == deployment_status::stopped;
  spec const config = of->config;
  bool const was_down = of->status == deployment_status::down;
  auto serving = co_await state_.runs().find(*of->serving);
  if (!serving || !*serving) {
    log::error("runs", fmt::format("the release of {} cannot be read, so it is not brought back", l->name.str()));
    co_return;
  }
  run restored = **serving;
  if (is_stopped) {
    auto const stopped = co_await actions_.stop_again(restored);
    bool const may_fail_again = !stopped && stopped.error().reason != reason::engine_unavailable;
    l->restore_not_before =
        may_fail_again ? steady_clock::now() + options_.reconcile_every : steady_clock::time_point{};
    if (!stopped) log::warn("runs", fmt::format("{} is stopped, and runs: {}", l->name.str(), stopped.error().message));
    co_return;
  }
  // What is down did not end by itself, whatever its policy would allow.
  auto back =
      co_await actions_.bring_back(restored, step_actions::lead_port::at_once,
                                   was_down ? step_actions::ended_ones::start : step_actions::ended_ones::leave);
  // An engine that is back is looked at anew, so waiting for it needs no pause.
  bool const may_fail_again = !back && back.error().reason != reason::engine_unavailable;
  l->restore_not_before = may_fail_again ? steady_clock::now() + options_.reconcile_every : steady_clock::time_point{};
  run_store::change change{restored, {}, std::nullopt, std::nullopt, false, {}};
  if (back && back->incomplete)
    log::warn("runs",
              fmt::format("some replicas of {} cannot be brought back: {}", l->name.str(), back->incomplete->message));
  if (back) {
    if (back->incomplete && !was_down) co_return;
    if (back->was_running && !was_down) co_return;
    change.status = deployment_status::running;
    change.events.push_back({config, restored.id, "container", event_level::warn,
                             fmt::format("Container {} {}", back->name,
                                         back->was_cut_off ? "had lost its network and is connected to it again"
                                                           : "was not running and is started again"),
                             time_.now()});
  } else if (!was_down) {
    change.status = deployment_status::down;
    change.events.push_back({config, restored.id, "container", event_level::error,
                             fmt::format("Container {} is not running and cannot be brought back: {}",
                                         restored.container_name(), back.error().message),
                             time_.now()});
  } else {
    log::warn("runs", fmt::format("container {} still cannot be brought back: {}", restored.container_name(),
                                  back.error().message));
    co_return;
  }
  if (auto saved = co_await state_.runs().save(std::move(change)); !saved)
    log::error("runs", fmt::format("a release of {} that was brought back is not recorded: {}", l->name.str(),
                                   saved.error().message));
}

}  // namespace krane
