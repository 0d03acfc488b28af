#pragma once
// Keeps the engine as the store says it is: what should serve runs, what is left over goes, what is not ours is left
// alone. Looks whenever the engine says that a container of ours changed, after every lost connection, and now and
// then; and passes on, as events of the deployment, what the engine says of its containers.
//
// Threads: the network thread.
// Lifetime: its coroutines are spawned into a task_group that its owner stops first.
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "engine/engine.hpp"
#include "runs/container_life.hpp"
#include "runs/host_port.hpp"
#include "runs/reconcile.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane {

struct reconciler_hooks {
  std::function<bool(deployment_name const&)> is_busy;     // a run sees to its containers
  std::function<void(deployment_name const&)> bring_back;  // queue it behind the deployment's runs
  std::function<void(deployment_name const&)> tidy_ports;  // likewise: it has no use for one that it has
  host_port& ports;                                        // told where containers are now
  container_network& network;
  vault const& secrets;  // by whose mark ours are known
};

class reconciler {
public:
  reconciler(executor network, store& state, engine& docker, clock const& time, run_options const& options,
             reconciler_hooks hooks);

  void start(task_group& owner);
  // Look soon.
  void nudge();
  // It has compared once since start.
  bool has_looked() const { return has_looked_; }
  // The engine has not failed to answer since it last did.
  bool sees_engine() const { return !engine_is_away_; }

private:
  coroutine<void> watch_engine();
  coroutine<void> compare_again_and_again();
  task<void> compare();
  task<void> correct_told(std::vector<container_summary>& listed);
  // What only a look at single containers tells; few are looked at.
  task<seen_closely> look_closely(std::vector<container_summary> const& listed, std::set<container_id> const& told_of);
  task<void> note_restart(container_summary const& one, bool was_told_of, std::size_t& first_looks);
  task<bool> is_done(container_summary const& one);
  coroutine<void> record_restarts(std::vector<container_summary> const& listed);
  coroutine<void> follow(container_id container, std::string address);
  coroutine<void> tidy(corrections found);
  coroutine<void> retire(container_summary container);
  // There is no way back to what is about to end, whatever becomes of this server. errc::conflict: a run has begun.
  task<void> forget_kept(container_summary const& container);
  coroutine<void> record(engine_event e);
  coroutine<void> record_status(status_change what);

  store& state_;
  engine& docker_;
  clock const& time_;
  run_options const& options_;
  reconciler_hooks hooks_;
  container_life life_;
  signal changed_;
  std::set<container_id> told_of_;  // by the engine, since it was last looked at
  struct restarts {
    std::uint32_t seen = 0;
    std::chrono::steady_clock::time_point last{};  // of one that was seen to happen
  };
  std::unordered_map<container_id, restarts> restarts_;
  // By krane or by a person, and not ended yet; until when an end is taken for the answer.
  std::unordered_map<container_id, std::chrono::steady_clock::time_point> asked_to_end_;
  bool settles_soon_ = false;    // one that was restarted a moment ago will count as running
  task_group* owner_ = nullptr;  // since start()
  std::set<container_id> retiring_;
  bool subscribed_ = false;
  bool engine_is_away_ = false;
  bool look_wanted_ = false;
  bool has_looked_ = false;
};

}  // namespace krane
