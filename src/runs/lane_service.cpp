#include "runs/lane_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t remembered_ends = 256;
constexpr milliseconds store_retry{1'000};

class counted {
public:
  explicit counted(std::size_t& count) : count_(count) { ++count_; }
  ~counted() { --count_; }
  counted(counted const&) = delete;

private:
  std::size_t& count_;
};

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
      actions_(state, docker, containers_network_, ports_, secrets, time, options_, {room_, cleaner_.turn()}),
      planner_(state, docker, ports_, secrets, room_, options_),
      tasks_(network),
      driver_(state, actions_, time, options_, tasks_),
      reconciler_(network, state, docker, time, options_,
                  {[this](deployment_name const& name) { return is_busy(name); },
                   [this](deployment_name const& name) { want_back(name); },
                   [this](deployment_name const& name) { want_tidy(name); }, ports_, containers_network_, secrets}),
      slots_(network, options_.at_once),
      any_ended_(network),
      came_further_(network) {}

lane_service::~lane_service() = default;

void lane_service::start() {
  tasks_.spawn("the recovery of unfinished runs", recover());
}

bool lane_service::recovered() const {
  return driving_ && reconciler_.has_looked();
}

task<void> lane_service::wait_until_queued() {
  auto const until = steady_clock::now() + options_.recovery_wait;
  while (!queued_all_ && !stopping_) {
    auto const rest = until - steady_clock::now();
    if (rest <= rest.zero())
      co_return make_error(errc::unavailable, reason::recovering,
                           "the server has just started and is still reading what it had accepted; try again");
    co_await came_further_.wait_for(rest);
  }
  if (stopping_)
    co_return make_error(errc::unavailable, reason::stopping, "the server is stopping; try again when it is back");
  co_return result<void>{};
}

void lane_service::begin_stop() {
  stopping_ = true;
  any_ended_.notify_all();
  came_further_.notify_all();
}

coroutine<void> lane_service::stop() {
  begin_stop();
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

std::optional<std::string> lane_service::waits_for(run const& r) const {
  auto const found = lanes_.find(r.what.name);
  if (found == lanes_.end()) return std::nullopt;
  lane const& l = *found->second;
  if (l.current && l.current->id == r.id)
    return l.order && l.order->waits_for_engine ? std::optional<std::string>("the engine") : std::nullopt;
  auto const at = std::ranges::find(l.waiting, r.id, [](lane::waiting_run const& w) { return w.what.id; });
  if (at == l.waiting.end()) return std::nullopt;
  if (l.current) return fmt::format("run {}", l.current->number);
  if (at != l.waiting.begin()) return fmt::format("run {}", l.waiting.front().what.number);
  if (!driving_) return "the recovery of the server";
  return l.waits_for_slot ? std::optional<std::string>("a free slot") : std::nullopt;
}

coroutine<void> lane_service::tell_wait(lane_ptr l, run r) {
  auto const what = waits_for(r);
  auto const at = std::ranges::find(l->waiting, r.id, [](lane::waiting_run const& w) { return w.what.id; });
  if (!what || at == l->waiting.end() || std::exchange(at->told, *what) == *what) co_return;
  event_draft waits{r.what, r.id, "wait", event_level::info, "Waiting for " + *what, time_.now()};
  if (auto const said = co_await state_.events().append({std::move(waits)}, std::nullopt); !said)
    log::warn("runs", fmt::format("an event is not recorded: {}", said.error().message));
}

lane_service::lane_ptr lane_service::lane_of(deployment_name const& name) {
  auto& slot = lanes_[name];
  if (!slot) slot = std::make_shared<lane>(network_, name);
  return slot;
}

bool lane_service::is_busy(deployment_name const& name) const {
  // Before recovery is done, any deployment may have a run, and any port may be its own.
  if (!driving_) return true;
  auto const found = lanes_.find(name);
  return found != lanes_.end() && found->second->busy();
}

void lane_service::ensure_worker(lane_ptr const& l) {
  if (l->has_worker || stopping_ || !driving_) return;
  l->has_worker = true;
  tasks_.spawn("the runs of " + l->name.str(), work(l));
}

task<std::optional<lane::waiting_run>> lane_service::take_next(lane_ptr l) {
  // Under the turn: a run must not become superseded while we take it up.
  auto const turn = co_await l->turn.acquire();
  if (!turn) co_return turn.error();
  while (!l->waiting.empty()) {
    // As it is in the store, and not as it was when it was queued.
    auto kept = co_await state_.runs().find(l->waiting.front().what.id);
    if (!kept) co_return kept.error();
    lane::waiting_run next = std::move(l->waiting.front());
    l->waiting.pop_front();
    if (!*kept || is_end((*kept)->step)) {
      log::warn("runs", fmt::format("run {} of {} is not taken up, since it has ended already", next.what.number,
                                    l->name.str()));
      continue;
    }
    next.what = std::move(**kept);
    l->current = next.what;
    l->order = std::make_unique<cancel_order>(network_);
    bool const removal_follows =
        std::ranges::any_of(l->waiting, [](lane::waiting_run const& w) { return w.what.kind == run_kind::remove; });
    if (l->current->kind == run_kind::deploy && removal_follows) l->order->give("the deployment is being removed");
    co_return next;
  }
  co_return std::nullopt;
}

task<bool> lane_service::work_once(lane_ptr l) {
  counted const one_more(slots_wanted_);
  l->waits_for_slot = slots_wanted_ > options_.at_once;
  if (l->waits_for_slot && !l->waiting.empty()) co_await tell_wait(l, l->waiting.front().what);
  auto place = co_await slots_.acquire();
  l->waits_for_slot = false;
  if (!place) co_return place.error();
  work_slot slot{slots_, slots_wanted_, std::move(*place)};
  auto const taken = co_await take_next(l);
  if (!taken) co_return taken.error();
  if (*taken) {
    co_await drive_current(l, (*taken)->after_restart, slot);
  } else if (l->restore_wanted) {
    co_await bring_back(l);
    l->restore_wanted = false;
  } else if (l->tidy_wanted) {
    co_await tidy_ports(l);
    l->tidy_wanted = false;
  } else {
    co_return false;
  }
  co_return true;
}

coroutine<void> lane_service::work(lane_ptr l) {
  while (!stopping_) {
    auto const more = co_await work_once(l);
    if (more && !*more) break;
    if (more) continue;
    if (more.error().code == errc::cancelled || more.error().reason == reason::store_failed) break;
    log::error("runs",
               fmt::format("the next run of {} cannot be read, trying again: {}", l->name.str(), more.error().message));
    if (!co_await sleep_for(store_retry)) break;
  }
  l->has_worker = false;
  // Nobody else holds it: a request that waits for its turn must not be left with a queue that is no longer ours.
  if (l.use_count() == 2 && !l->busy() && state_.find_deployment(l->name) == nullptr) lanes_.erase(l->name);
  reconciler_.nudge();
}

coroutine<void> lane_service::drive_current(lane_ptr l, bool after_restart, work_slot& slot) {
  auto end = co_await driver_.drive(*l->current, after_restart, *l->order, slot);
  run const& r = *l->current;
  if (end) {
    ended(*end);
    if (end->kind == run_kind::deploy && end->step == run_step::done) cleaner_.nudge();
  } else if (end.error().code == errc::conflict || end.error().code == errc::not_found) {
    log::error("runs", fmt::format("run {} of {} does not continue: {}", r.number, l->name.str(), end.error().message));
  } else if (stopping_ && end.error().reason != reason::store_failed) {
    log::info("runs", fmt::format("run {} of {} paused: the server is stopping; it resumes at the next start", r.number,
                                  l->name.str()));
  } else {
    log::error("runs", fmt::format("run {} of {} is interrupted and resumes at the next start: {}", r.number,
                                   l->name.str(), end.error().message));
  }
  l->current.reset();
  l->order.reset();
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
