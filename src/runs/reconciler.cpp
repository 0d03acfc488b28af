#include "runs/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "runs/ownership.hpp"
#include "runs/reconcile.hpp"
#include "runs/volumes.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;

// A burst of engine events is answered by one look.
constexpr milliseconds gather{50};
constexpr milliseconds longest_retry_pause{2'000};

struct said {
  std::string message;
  event_level level;
};

std::string attribute(engine_event const& e, char const* name) {
  auto const found = e.attributes.find(name);
  return found == e.attributes.end() ? std::string{} : found->second;
}

// What people are told of an engine's event; nothing for those that a run tells better itself.
std::optional<said> in_words(engine_event const& e) {
  std::string const container = attribute(e, "name");
  if (e.action == "die") {
    std::string const code = attribute(e, "exitCode");
    return said{fmt::format("Container {} exited with code {}", container, code.empty() ? "?" : code),
                code == "0" ? event_level::info : event_level::warn};
  }
  if (e.action == "oom") return said{fmt::format("Container {} ran out of memory", container), event_level::error};
  if (e.action == "restart") return said{fmt::format("Container {} was restarted", container), event_level::info};
  if (e.action.starts_with("health_status")) {
    bool const healthy = e.action.ends_with(": healthy");
    return said{fmt::format("Container {} is {}", container, healthy ? "healthy" : "unhealthy"),
                healthy ? event_level::info : event_level::warn};
  }
  return std::nullopt;
}

bool changes_what_runs(engine_event const& e) {
  return e.action == "die" || e.action == "destroy" || e.action == "start" || e.action == "pause" ||
         e.action == "unpause";
}

}  // namespace

reconciler::reconciler(executor network, store& state, engine& docker, clock const& time, run_options const& options,
                       reconciler_hooks hooks)
    : state_(state),
      docker_(docker),
      time_(time),
      options_(options),
      hooks_(std::move(hooks)),
      life_(state, docker, hooks_.network, options),
      changed_(network) {}

void reconciler::start(task_group& owner) {
  owner_ = &owner;
  owner.spawn("the watch of the engine's events", watch_engine());
  owner.spawn("the comparison of engine and store", compare_again_and_again());
}

void reconciler::nudge() {
  look_wanted_ = true;
  changed_.notify_all();
}

coroutine<void> reconciler::watch_engine() {
  milliseconds pause = options_.engine_retry;
  bool told = false;
  while (true) {
    // Subscribed first and listed then: what happens in between is seen twice rather than never.
    auto stream = co_await docker_.container_events({{label::instance, state_.instance().str()}});
    if (!stream) {
      if (!std::exchange(told, true))
        log::warn("runs",
                  fmt::format("the engine's events cannot be followed, trying again: {}", stream.error().message));
      if (!co_await sleep_for(pause)) co_return;
      pause = std::min(pause * 2, longest_retry_pause);
      continue;
    }
    if (std::exchange(told, false)) log::info("runs", "the engine answers again");
    pause = options_.engine_retry;
    subscribed_ = true;
    nudge();
    while (true) {
      auto next = co_await (*stream)->next();
      if (!next) break;
      bool const look = changes_what_runs(*next);
      if (look) told_of_.insert(next->container);
      // Its address may be another container's in a moment.
      if (next->action == "die") co_await follow(next->container, {});
      co_await record(std::move(*next));
      if (look) nudge();
    }
    subscribed_ = false;
    // An engine that takes subscriptions and drops them at once must not keep us busy.
    if (!co_await sleep_for(options_.engine_retry)) co_return;
  }
}

coroutine<void> reconciler::compare_again_and_again() {
  while (true) {
    if (!look_wanted_) co_await changed_.wait_for(options_.reconcile_every);
    co_await sleep_for(has_looked_ ? gather : milliseconds{0});
    if (!subscribed_) {
      if (!look_wanted_) continue;
      // Nobody tells us what changes until the subscription is back, and its return nudges us.
      look_wanted_ = false;
      continue;
    }
    look_wanted_ = false;
    if (auto compared = co_await compare()) {
      has_looked_ = true;
      continue;
    } else {
      log::warn("runs", fmt::format("engine and store could not be compared: {}", compared.error().message));
    }
    look_wanted_ = true;
    if (!co_await sleep_for(longest_retry_pause)) co_return;
  }
}

task<void> reconciler::compare() {
  auto ours = co_await list_our_containers(docker_, state_, hooks_.secrets, nullptr);
  if (!ours) co_return ours.error();
  if (auto corrected = co_await correct_told(*ours); !corrected) co_return corrected;
  for (container_summary const& one : *ours) {
    auto const address = one.addresses.find(options_.network);
    bool const reachable = one.status == "running" && address != one.addresses.end();
    co_await follow(one.id, reachable ? address->second : std::string{});
  }
  corrections const found =
      find_corrections(state_.list_deployments(), *ours, hooks_.is_busy, time_.now(), options_.network);
  co_await tidy(found);
  for (deployment_name const& name : found.bring_back) hooks_.bring_back(name);
  auto const strays = co_await hooks_.ports.owners_of_strays(hooks_.is_busy);
  if (!strays) co_return strays.error();
  for (deployment_name const& name : *strays) hooks_.tidy_ports(name);
  for (auto const& [name, status] : found.status) co_await record_status(name, status);
  co_return result<void>{};
}

coroutine<void> reconciler::tidy(corrections found) {
  // A run may have begun while another container was seen to.
  auto const is_busy = [this](container_summary const& c) {
    return hooks_.is_busy(deployment_name{c.marks.at(label::deployment)});
  };
  for (container_summary const& left_over : found.remove) {
    if (is_busy(left_over) || retiring_.contains(left_over.id)) continue;
    log::info("runs", fmt::format("removing container {}, which no release uses", left_over.name));
    // One that cannot be removed must not hold up the others; the next look finds it again.
    if (auto removed = co_await volume_keeper(state_, docker_).remove_container(left_over.id); !removed)
      log::warn("runs", fmt::format("container {} could not be removed: {}", left_over.name, removed.error().message));
  }
  for (container_summary const& kept : found.rest)
    if (!is_busy(kept))
      if (auto resting = co_await life_.put_to_rest(kept.id); !resting)
        log::warn("runs", fmt::format("container {}, which is kept, is still in its network: {}", kept.name,
                                      resting.error().message));
  for (container_summary const& over : found.retire)
    if (owner_ != nullptr && !is_busy(over) && retiring_.insert(over.id).second)
      owner_->spawn("the end of " + over.name, retire(over));
}

// It may take its time to end, as any program that is asked to; others do not wait for it. While it does, looks that
// find it are no second hand: `retiring_`. After a restart of this server it is found, and asked again.
coroutine<void> reconciler::retire(container_summary container) {
  log::info("runs", fmt::format("stopping and removing container {}, which no release uses any more", container.name));
  auto gone = co_await forget_kept(container);
  if (gone) gone = co_await life_.stop(container.id);
  if (gone) gone = co_await volume_keeper(state_, docker_).remove_container(container.id);
  if (!gone)
    log::warn("runs", fmt::format("container {} could not be removed: {}", container.name, gone.error().message));
  retiring_.erase(container.id);
}

task<void> reconciler::forget_kept(container_summary const& container) {
  deployment_name const name{container.marks.at(label::deployment)};
  deployment const* of = state_.find_deployment(name);
  if (of == nullptr || !of->warm || of->warm->made_by.str() != container.marks.at(label::run)) co_return result<void>{};
  warm_release const was = *of->warm;
  auto its = co_await state_.runs().find(was.run);
  if (!its) co_return its.error();
  of = state_.find_deployment(name);
  if (hooks_.is_busy(name) || of == nullptr || of->warm != was)
    co_return make_error(errc::conflict, "a run has begun, and may go back to it");
  // Its run is gone with its deployment's history: nobody can go back to it.
  if (!*its) co_return result<void>{};
  co_return co_await state_.runs().save({**its, {}, std::nullopt, std::nullopt, false, std::optional<warm_release>{}});
}

// The engine says what became of a container before its list does, by 100 ms and more; asked for that one alone, it
// answers only when it knows.
task<void> reconciler::correct_told(std::vector<container_summary>& listed) {
  std::set<container_id> const told_of = std::exchange(told_of_, {});
  for (container_summary& one : listed) {
    if (!told_of.contains(one.id)) continue;
    auto now = co_await docker_.find_container(one.id.str());
    if (!now) {
      told_of_.insert(told_of.begin(), told_of.end());
      co_return now.error();
    }
    one.status = *now ? (*now)->status : "dead";
    one.addresses = *now ? (*now)->addresses : std::map<std::string, std::string>{};
  }
  co_return result<void>{};
}

coroutine<void> reconciler::follow(container_id container, std::string address) {
  if (auto followed = co_await hooks_.ports.follow(std::move(container), std::move(address)); !followed)
    log::warn("runs", fmt::format("a host port does not follow its container: {}", followed.error().message));
}

coroutine<void> reconciler::record(engine_event e) {
  // A stranger may have copied our label; only the deployment's own containers have a voice.
  auto const words = in_words(e);
  if (!words) co_return;
  auto const ours = co_await is_ours(state_, hooks_.secrets, e.container, attribute(e, "name"), e.attributes);
  if (!ours || !*ours) co_return;
  deployment const* const of = state_.find_deployment(deployment_name{attribute(e, label::deployment)});
  if (of == nullptr) co_return;
  event_draft draft{of->config, run_id{attribute(e, label::run)}, "container", words->level, words->message,
                    time_.now()};
  if (auto saved = co_await state_.events().append({std::move(draft)}, std::nullopt); !saved)
    log::warn("runs", fmt::format("an event of the engine is not recorded: {}", saved.error().message));
}

coroutine<void> reconciler::record_status(deployment_name name, deployment_status status) {
  deployment const* const of = state_.find_deployment(name);
  if (of == nullptr || hooks_.is_busy(name)) co_return;
  bool const up = status == deployment_status::running;
  event_draft draft{of->config,
                    of->serving,
                    "container",
                    up ? event_level::info : event_level::error,
                    up ? "The release serves again" : "The release does not run; the engine is restarting it",
                    time_.now()};
  if (auto saved = co_await state_.events().append({std::move(draft)}, status); !saved)
    log::warn("runs", fmt::format("a change of status is not recorded: {}", saved.error().message));
}

}  // namespace krane
