#include "runs/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "model/reason.hpp"
#include "runs/container_end.hpp"
#include "runs/ownership.hpp"
#include "runs/reconcile.hpp"
#include "runs/volumes.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;

// A burst of engine events is answered by one look.
constexpr milliseconds gather{50};
constexpr milliseconds longest_retry_pause{2'000};
// One that the engine has started again counts as restarting for so long: those that end again and again run most of
// the time.
constexpr milliseconds restart_counts_for{5'000};
// How many containers that were never looked at alone are so at one look: there may be thousands.
constexpr std::size_t first_looks_at_once = 20;

struct said {
  std::string message;
  event_level level;
};

std::string attribute(engine_event const& e, char const* name) {
  auto const found = e.attributes.find(name);
  return found == e.attributes.end() ? std::string{} : found->second;
}

// What people are told of an engine's event; nothing for those that a run tells better itself.
std::optional<said> in_words(engine_event const& e, bool was_asked_to) {
  std::string const container = attribute(e, "name");
  if (e.action == "die" && was_asked_to)
    return said{fmt::format("Container {} was stopped", container), event_level::info};
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
         e.action == "unpause" || e.action.starts_with("health_status");
}

// The engine tells of every signal that it passes on. A program that is asked to end may take its grace for it; any
// signal may be the one that it ends at, and mostly is something else, such as to read its files again.
std::optional<milliseconds> may_end_within(engine_event const& e) {
  if (e.action != "kill") return std::nullopt;
  std::string const number = attribute(e, "signal");
  bool const ends = number.empty() || number == "2" || number == "3" || number == "9" || number == "15";
  return ends ? std::chrono::hours{1} : milliseconds{10'000};
}

// A failed look at one container must not hold up those of other deployments, unless no other can do better.
bool concerns_all(error const& why) {
  return why.code == errc::cancelled || why.reason == reason::engine_unavailable;
}

// Of what the reconciler finds outside any run.
said status_in_words(deployment_status now) {
  switch (now) {
    case deployment_status::running:
      return {"The release serves again", event_level::info};
    case deployment_status::unhealthy:
      return {"The release runs, and its health check fails", event_level::error};
    case deployment_status::restarting:
      return {"The release ended, and the engine starts it again", event_level::error};
    case deployment_status::ended:
      return {"The release has ended, and its restart policy leaves it so", event_level::info};
    default:
      return {"The release does not run", event_level::error};
  }
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
      engine_is_away_ = true;
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
    engine_is_away_ = false;
    nudge();
    while (true) {
      auto next = co_await (*stream)->next();
      if (!next) break;
      bool const look = changes_what_runs(*next);
      if (auto const within = may_end_within(*next))
        asked_to_end_[next->container] = std::chrono::steady_clock::now() + *within;
      if (next->action == "start") asked_to_end_.erase(next->container);
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
    milliseconds const pause = settles_soon_ ? restart_counts_for / 2 : milliseconds(options_.reconcile_every);
    if (!look_wanted_) co_await changed_.wait_for(pause);
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
      engine_is_away_ = false;
      continue;
    } else {
      engine_is_away_ = compared.error().reason == reason::engine_unavailable;
      log::warn("runs", fmt::format("engine and store could not be compared: {}", compared.error().message));
    }
    look_wanted_ = true;
    if (!co_await sleep_for(longest_retry_pause)) co_return;
  }
}

task<void> reconciler::compare() {
  auto ours = co_await list_our_containers(docker_, state_, hooks_.secrets, nullptr);
  if (!ours) co_return ours.error();
  std::set<container_id> const told_of = told_of_;
  if (auto corrected = co_await correct_told(*ours); !corrected) co_return corrected;
  // At once: what was just seen may have changed by the time that the others are looked at.
  for (container_summary const& one : *ours) {
    auto const address = one.addresses.find(options_.network);
    bool const reachable = one.status == "running" && address != one.addresses.end();
    co_await follow(one.id, reachable ? address->second : std::string{});
  }
  auto const closely = co_await look_closely(*ours, told_of);
  if (!closely) co_return closely.error();
  corrections const found =
      find_corrections(state_.list_deployments(), *ours, hooks_.is_busy, time_.now(), options_.network, *closely);
  co_await tidy(found);
  for (deployment_name const& name : found.bring_back) hooks_.bring_back(name);
  for (deployment_name const& name : found.stop_again) hooks_.bring_back(name);
  co_await record_restarts(*ours);
  auto const strays = co_await hooks_.ports.owners_of_strays(hooks_.is_busy);
  if (!strays) co_return strays.error();
  for (deployment_name const& name : *strays) hooks_.tidy_ports(name);
  for (status_change const& one : found.status) co_await record_status(one);
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

task<seen_closely> reconciler::look_closely(std::vector<container_summary> const& listed,
                                            std::set<container_id> const& told_of) {
  seen_closely seen;
  std::size_t first_looks = first_looks_at_once;
  settles_soon_ = false;
  std::set<container_id> there;
  for (container_summary const& one : listed) {
    there.insert(one.id);
    if (auto noted = co_await note_restart(one, told_of.contains(one.id), first_looks); !noted) co_return noted.error();
    auto const known = restarts_.find(one.id);
    bool const lately =
        known != restarts_.end() && known->second.last + restart_counts_for > std::chrono::steady_clock::now();
    if (one.status == "running" && lately) seen.restarting.insert(one.id);
    settles_soon_ = settles_soon_ || lately;
    if (one.status != "exited") continue;
    auto done = co_await is_done(one);
    if (!done) co_return done.error();
    if (*done) seen.done.insert(one.id);
  }
  std::erase_if(restarts_, [&](auto const& entry) { return !there.contains(entry.first); });
  std::erase_if(asked_to_end_, [&](auto const& entry) { return !there.contains(entry.first); });
  co_return seen;
}

task<void> reconciler::note_restart(container_summary const& one, bool was_told_of, std::size_t& first_looks) {
  auto const known = restarts_.find(one.id);
  bool const is_new = known == restarts_.end();
  bool const looks =
      one.status == "restarting" || was_told_of || (is_new && one.status == "running" && first_looks > 0);
  if (!looks) co_return result<void>{};
  if (is_new && first_looks > 0) --first_looks;
  auto const now = co_await docker_.find_container(one.id.str());
  if (!now && concerns_all(now.error())) co_return now.error();
  if (!now || !*now) co_return result<void>{};
  restarts& its = restarts_[one.id];
  // Of one that was never looked at, nobody knows when.
  bool const happened = is_new ? was_told_of && (*now)->restart_count > 0 : (*now)->restart_count > its.seen;
  its.seen = (*now)->restart_count;
  if (happened || one.status == "restarting") its.last = std::chrono::steady_clock::now();
  co_return result<void>{};
}

// Only of what serves, and what its run says counts: a container that was stopped has another policy. What is down did
// not end by itself: krane had stopped it, and could not start it again.
task<bool> reconciler::is_done(container_summary const& one) {
  deployment_name const name{one.marks.at(label::deployment)};
  deployment const* const of = state_.find_deployment(name);
  if (of == nullptr || !of->serving || of->status == deployment_status::stopped ||
      of->status == deployment_status::down || hooks_.is_busy(name))
    co_return false;
  auto const serving = co_await state_.runs().find(*of->serving);
  if (!serving) co_return serving.error();
  auto const policy = *serving ? (*serving)->what.service.restart : std::nullopt;
  bool const may_stay_ended =
      policy && (policy->is == restart_policy::kind::no || policy->is == restart_policy::kind::on_failure);
  if (!may_stay_ended) co_return false;
  auto const now = co_await docker_.find_container(one.id.str());
  if (!now && concerns_all(now.error())) co_return now.error();
  // One that cannot be looked at is left as it is.
  if (!now) co_return true;
  co_return *now && (*now)->status == "exited" && ended_as_allowed(**now, policy);
}

coroutine<void> reconciler::record_restarts(std::vector<container_summary> const& listed) {
  std::map<std::string, std::uint64_t> all;
  for (container_summary const& one : listed) {
    deployment const* const of = state_.find_deployment(deployment_name{one.marks.at(label::deployment)});
    auto const known = restarts_.find(one.id);
    if (of == nullptr || known == restarts_.end() || !is_of_what_serves(*of, one)) continue;
    all[one.marks.at(label::deployment)] += known->second.seen;
  }
  for (auto const& [name, restarts] : all) {
    deployment const* const of = state_.find_deployment(deployment_name{name});
    if (of == nullptr || of->restarts == restarts || hooks_.is_busy(of->config.name)) continue;
    if (auto noted = co_await state_.deployments().note_restarts(deployment_name{name}, restarts); !noted)
      log::warn("runs", fmt::format("restarts of {} are not recorded: {}", name, noted.error().message));
  }
}

coroutine<void> reconciler::follow(container_id container, std::string address) {
  if (auto followed = co_await hooks_.ports.follow(std::move(container), std::move(address)); !followed)
    log::warn("runs", fmt::format("a host port does not follow its container: {}", followed.error().message));
}

coroutine<void> reconciler::record(engine_event e) {
  // A stranger may have copied our label; only the deployment's own containers have a voice.
  auto const asked = e.action == "die" ? asked_to_end_.extract(e.container) : decltype(asked_to_end_)::node_type{};
  bool const was_asked_to = !asked.empty() && std::chrono::steady_clock::now() < asked.mapped();
  auto const words = in_words(e, was_asked_to);
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

coroutine<void> reconciler::record_status(status_change what) {
  deployment const* const of = state_.find_deployment(what.of);
  // A run may have come and gone since it was looked at.
  if (of == nullptr || hooks_.is_busy(what.of) || of->status != what.was) co_return;
  said const words = status_in_words(what.now);
  event_draft draft{of->config, of->serving, "container", words.level, words.message, time_.now()};
  if (auto saved = co_await state_.events().append({std::move(draft)}, what.now); !saved)
    log::warn("runs", fmt::format("a change of status is not recorded: {}", saved.error().message));
}

}  // namespace krane
