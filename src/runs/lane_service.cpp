// Length: how runs are accepted, queued and taken up is one thing; parts of it would share all of its state.
#include "runs/lane_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "model/reason.hpp"
#include "model/release.hpp"
#include "model/replica_rules.hpp"
#include "runs/pull_login.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t remembered_ends = 256;
constexpr milliseconds store_retry{1'000};

error unknown_deployment(deployment_name const& name) {
  return make_error(errc::not_found, fmt::format("there is no deployment named {}", name.str()));
}

error stopping_error() {
  return make_error(errc::unavailable, "stopping", "the server is stopping; try again when it is back");
}

// Of a run that is to be cancelled durably.
void order_cancel(lane& of, run_id const& id) {
  if (of.current && of.current->id == id && of.order) of.order->give("it was cancelled on request");
  for (lane::waiting_run& w : of.waiting)
    if (w.what.id == id) w.what.cancel_requested = true;
}

// Cancelling the caller does not reach what is awaited through this.
auto uninterrupted() {
  return asio::bind_cancellation_slot(asio::cancellation_slot{}, use_coroutine);
}

}  // namespace

lane_service::lane_service(executor network, store& state, engine& docker, registry& registries, front& ports,
                           vault const& secrets, clock const& time, run_options options)
    : network_(network),
      state_(state),
      docker_(docker),
      secrets_(secrets),
      time_(time),
      options_(std::move(options)),
      containers_network_(network, state, docker, options_),
      ports_(state, docker, ports, options_),
      room_(docker, registries, options_),
      cleaner_(network, state, docker, options_),
      actions_(state, docker, containers_network_, ports_, secrets, options_, {room_, cleaner_.turn()}),
      planner_(state, docker, ports_, secrets, room_, options_),
      tasks_(network),
      driver_(state, actions_, time, options_, tasks_),
      reconciler_(network, state, docker, time, options_,
                  {[this](deployment_name const& name) { return is_busy(name); },
                   [this](deployment_name const& name) { want_back(name); }, ports_, containers_network_, secrets}),
      slots_(network, options_.at_once),
      any_ended_(network) {}

lane_service::~lane_service() = default;

void lane_service::start() {
  tasks_.spawn("the recovery of unfinished runs", recover());
}

bool lane_service::recovered() const {
  return queued_all_ && reconciler_.has_looked();
}

coroutine<void> lane_service::stop() {
  stopping_ = true;
  any_ended_.notify_all();
  co_await tasks_.stop();
}

std::vector<fault> lane_service::find_forbidden(spec const& wanted) const {
  return krane::find_forbidden(wanted, options_.policy);
}

task<deploy_plan> lane_service::plan(spec wanted, std::optional<std::string> tag) {
  // What a run under way has opened is the deployment's own; before recovery is done, any port may be.
  bool const busy = is_busy(wanted.name);
  return planner_.plan(std::move(wanted), std::move(tag), busy);
}

task<run> lane_service::deploy(deployment_name name, std::optional<std::string> tag,
                               std::optional<std::uint64_t> if_release, keep_answer keep) {
  return accept(std::move(name), {.tag = std::move(tag), .if_release = if_release, .keep = std::move(keep)});
}

task<run> lane_service::roll_back(deployment_name name, std::optional<std::uint64_t> release, keep_answer keep) {
  return accept(std::move(name), {.goes_back = true, .release = release, .keep = std::move(keep)});
}

task<run> lane_service::act_on_serving(deployment_name name, run_kind kind, keep_answer keep) {
  return accept(std::move(name), {.kind = kind, .keep = std::move(keep)});
}

task<run> lane_service::scale(deployment_name name, std::uint32_t replicas, keep_answer keep) {
  return accept(std::move(name), {.kind = run_kind::scale, .replicas = replicas, .keep = std::move(keep)});
}

task<run> lane_service::remove(deployment_name name) {
  return accept(std::move(name), {.kind = run_kind::remove});
}

task<run> lane_service::accept(deployment_name name, wish what) {
  if (stopping_) co_return stopping_error();
  if (state_.find_deployment(name) == nullptr) co_return unknown_deployment(name);
  auto config = co_await config_wanted(name, what);
  if (!config) co_return config.error();
  if (*config && what.kind == run_kind::deploy && !what.goes_back)
    if (auto fits = co_await check_room(**config, what.tag); !fits) co_return fits.error();
  if (*config)
    if (auto fits = check_replicas(**config); !fits) co_return fits.error();
  if (*config)
    if (auto free = co_await ports_.check_before_run(std::move(**config), is_busy(name)); !free) co_return free.error();
  co_return co_await asio::co_spawn(network_, accept_uninterrupted(std::move(name), std::move(what)), uninterrupted());
}

task<std::optional<spec>> lane_service::config_wanted(deployment_name name, wish what) {
  deployment const* const d = state_.find_deployment(name);
  if (d != nullptr && what.kind == run_kind::scale) {
    spec config = d->config;
    config.service.replicas = what.replicas;
    co_return config;
  }
  if (d == nullptr || what.kind != run_kind::deploy) co_return std::nullopt;
  if (!what.goes_back) co_return d->config;
  std::optional<run_id> const serving = d->serving;
  std::optional<run> release;
  if (what.release) {
    auto found = co_await state_.runs().find(name, *what.release);
    if (!found) co_return found.error();
    release = std::move(*found);
  } else {
    auto all = co_await state_.runs().releases(name, releases_to_look_at);
    if (!all) co_return all.error();
    release = release_before(*all, serving);
  }
  co_return release ? std::optional(release_config(*release)) : std::nullopt;
}

result<void> lane_service::check_replicas(spec const& config) const {
  if (auto faults = find_replica_faults(config); !faults.empty()) return make_error(std::move(faults));
  if (auto shared = find_port_for_one(config, ports_.goes_through_front(config)))
    return make_error(errc::conflict, reason::replicas_need_front, std::move(*shared));
  return {};
}

task<void> lane_service::check_room(spec config, std::optional<std::string> tag) {
  image_ref const what = config.image_for(tag);
  if (config.service.pull == pull_policy::missing) {
    auto const late = make_error(errc::timed_out, "the engine takes too long");
    auto const here = co_await with_deadline(docker_.find_image(what.text()), options_.accept_look, late);
    // What is not known now, the run finds out.
    if (!here || *here) co_return result<void>{};
  }
  auto login = find_pull_login(secrets_, config);
  if (!login) co_return login.error();
  co_return co_await room_.check(what, std::move(*login), options_.accept_look);
}

task<run> lane_service::accept_uninterrupted(deployment_name name, wish what) {
  lane_ptr const l = lane_of(name);
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  std::optional<run_id> const under_way = l->current ? std::optional(l->current->id) : std::nullopt;
  auto accepted = co_await (
      what.kind == run_kind::scale
          ? state_.runs().scale(name, what.replicas, under_way, time_.now(), std::move(what.keep))
      : what.goes_back ? state_.runs().restore(name, what.release, under_way, time_.now(), std::move(what.keep))
                       : state_.runs().accept(name, what.kind, std::move(what.tag), under_way, time_.now(),
                                              what.if_release, std::move(what.keep)));
  if (!accepted) co_return accepted.error();
  for (run const& gone : accepted->superseded) {
    std::erase_if(l->waiting, [&](lane::waiting_run const& w) { return w.what.id == gone.id; });
    ended(gone);
  }
  run const& r = accepted->accepted;
  bool const known = (l->current && l->current->id == r.id) ||
                     std::ranges::any_of(l->waiting, [&](lane::waiting_run const& w) { return w.what.id == r.id; });
  if (!known) l->waiting.push_back({r, false});
  if (what.kind == run_kind::remove && l->order && l->current && l->current->kind == run_kind::deploy)
    l->order->give("the deployment is being removed");
  ensure_worker(l);
  co_return r;
}

task<run> lane_service::cancel(deployment_name name, run_id id, keep_answer keep) {
  if (stopping_) co_return stopping_error();
  if (state_.find_deployment(name) == nullptr) co_return unknown_deployment(name);
  co_return co_await asio::co_spawn(network_, cancel_uninterrupted(std::move(name), std::move(id), std::move(keep)),
                                    uninterrupted());
}

task<run> lane_service::cancel_uninterrupted(deployment_name name, run_id id, keep_answer keep) {
  lane_ptr const l = lane_of(name);
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  auto asked = co_await state_.runs().request_cancel(name, id, time_.now(), std::move(keep));
  if (!asked) co_return asked.error();
  order_cancel(*l, id);
  co_return asked;
}

task<std::vector<run>> lane_service::cancel_all(deployment_name name, keep_answer_of_all keep) {
  if (stopping_) co_return stopping_error();
  if (state_.find_deployment(name) == nullptr) co_return unknown_deployment(name);
  co_return co_await asio::co_spawn(network_, cancel_all_uninterrupted(std::move(name), std::move(keep)),
                                    uninterrupted());
}

task<std::vector<run>> lane_service::cancel_all_uninterrupted(deployment_name name, keep_answer_of_all keep) {
  lane_ptr const l = lane_of(name);
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  auto asked = co_await state_.runs().request_cancel_all(name, time_.now(), std::move(keep));
  if (!asked) co_return asked.error();
  for (run const& one : *asked) order_cancel(*l, one.id);
  co_return asked;
}

task<run> lane_service::wait_for_end(run_id id, milliseconds limit) {
  auto const until = steady_clock::now() + limit;
  while (true) {
    auto const remembered = std::ranges::find(lately_ended_, id, &run::id);
    if (remembered != lately_ended_.end()) co_return *remembered;
    auto found = co_await state_.runs().find(id);
    if (!found) co_return found.error();
    if (!*found) {
      // Its end may have been remembered while we asked.
      auto const late = std::ranges::find(lately_ended_, id, &run::id);
      if (late != lately_ended_.end()) co_return *late;
      co_return make_error(errc::not_found, fmt::format("there is no run {}", id.str()));
    }
    auto const rest = until - steady_clock::now();
    if (is_end((*found)->step) || rest <= rest.zero() || stopping_) co_return std::move(**found);
    auto const already = std::ranges::find(lately_ended_, id, &run::id);
    if (already == lately_ended_.end()) co_await any_ended_.wait_for(rest);
  }
}

lane_service::lane_ptr lane_service::lane_of(deployment_name const& name) {
  auto& slot = lanes_[name];
  if (!slot) slot = std::make_shared<lane>(network_, name);
  return slot;
}

bool lane_service::is_busy(deployment_name const& name) const {
  // Before all unfinished runs are queued, any deployment may have one.
  if (!queued_all_) return true;
  auto const found = lanes_.find(name);
  return found != lanes_.end() && found->second->busy();
}

coroutine<void> lane_service::recover() {
  std::vector<run> unfinished;
  while (true) {
    auto read = co_await state_.runs().unfinished();
    if (read) {
      unfinished = std::move(*read);
      break;
    }
    log::error("runs", fmt::format("unfinished runs cannot be read, trying again: {}", read.error().message));
    if (!co_await sleep_for(store_retry)) co_return;
  }
  // Before anything else may change a port.
  if (auto serving = co_await state_.runs().serving()) {
    if (auto adopted = co_await ports_.adopt(std::move(*serving), unfinished); !adopted)
      log::error("runs", fmt::format("host ports cannot be held: {}", adopted.error().message));
  } else {
    log::error("runs", fmt::format("host ports cannot be held: {}", serving.error().message));
  }
  // A release that we stopped and that nothing has replaced yet is mended first of all.
  std::ranges::sort(unfinished, {},
                    [](run const& r) { return std::tuple(!r.old_was_stopped, r.accepted_at, r.number); });
  for (run const& r : unfinished) lane_of(r.what.name)->waiting.push_back({r, true});
  // A run that was under way is older than those that wait behind it.
  for (auto const& [name, l] : lanes_)
    std::ranges::sort(l->waiting, {}, [](lane::waiting_run const& w) { return w.what.number; });
  queued_all_ = true;
  if (!unfinished.empty()) log::info("runs", fmt::format("going on with {} unfinished runs", unfinished.size()));
  for (run const& r : unfinished) ensure_worker(lane_of(r.what.name));
  reconciler_.start(tasks_);
  cleaner_.start(tasks_);
}

void lane_service::ensure_worker(lane_ptr const& l) {
  if (l->has_worker || stopping_) return;
  l->has_worker = true;
  tasks_.spawn("the runs of " + l->name.str(), work(l));
}

task<std::optional<lane::waiting_run>> lane_service::take_next(lane_ptr l) {
  // Under the turn: a run must not become superseded while we take it up.
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  if (l->waiting.empty()) co_return std::nullopt;
  lane::waiting_run next = std::move(l->waiting.front());
  l->waiting.pop_front();
  l->current = next.what;
  l->order = std::make_unique<cancel_order>(network_);
  bool const removal_follows =
      std::ranges::any_of(l->waiting, [](lane::waiting_run const& w) { return w.what.kind == run_kind::remove; });
  if (l->current->kind == run_kind::deploy && removal_follows) l->order->give("the deployment is being removed");
  co_return next;
}

coroutine<void> lane_service::work(lane_ptr l) {
  while (!stopping_) {
    auto const slot = co_await slots_.acquire();
    if (!slot) break;
    auto const taken = co_await take_next(l);
    if (!taken) break;
    if (*taken) {
      co_await drive_current(l, (*taken)->after_restart);
      continue;
    }
    if (!l->restore_wanted) break;
    co_await bring_back(l);
    l->restore_wanted = false;
  }
  l->has_worker = false;
  // Nobody else holds it: a request that waits for its turn must not be left with a queue that is no longer ours.
  if (l.use_count() == 2 && !l->busy() && state_.find_deployment(l->name) == nullptr) lanes_.erase(l->name);
  reconciler_.nudge();
}

coroutine<void> lane_service::drive_current(lane_ptr l, bool after_restart) {
  auto end = co_await driver_.drive(*l->current, after_restart, *l->order);
  if (end) {
    ended(*end);
    if (end->kind == run_kind::deploy && end->step == run_step::done) cleaner_.nudge();
  } else {
    log::error("runs", fmt::format("run {} of {} is interrupted and goes on at the next start: {}", l->current->number,
                                   l->name.str(), end.error().message));
  }
  l->current.reset();
  l->order.reset();
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
  if (of->status == deployment_status::deleting || of->status == deployment_status::stopped) co_return;
  spec const config = of->config;
  bool const was_down = of->status == deployment_status::down;
  auto serving = co_await state_.runs().find(*of->serving);
  if (!serving || !*serving) {
    log::error("runs", fmt::format("the release of {} cannot be read, so it is not brought back", l->name.str()));
    co_return;
  }
  run restored = **serving;
  auto back = co_await actions_.bring_back(restored);
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
    co_return;
  }
  if (auto saved = co_await state_.runs().save(std::move(change)); !saved)
    log::error("runs", fmt::format("a release of {} that was brought back is not recorded: {}", l->name.str(),
                                   saved.error().message));
}

void lane_service::ended(run const& r) {
  lately_ended_.push_back(r);
  if (lately_ended_.size() > remembered_ends) lately_ended_.pop_front();
  any_ended_.notify_all();
}

std::unique_ptr<run_service> make_run_service(executor network, store& state, engine& docker, registry& registries,
                                              front& ports, vault const& secrets, clock const& time,
                                              run_options options) {
  return std::make_unique<lane_service>(network, state, docker, registries, ports, secrets, time, std::move(options));
}

}  // namespace krane
