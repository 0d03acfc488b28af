#pragma once
// Keeps the engine as the store says it is: what should serve runs, what is left over goes, what is not ours is left
// alone. Looks whenever the engine says that a container of ours changed, after every lost connection, and now and
// then; and passes on, as events of the deployment, what the engine says of its containers.
//
// Threads: the network thread.
// Lifetime: its coroutines are spawned into a task_group that its owner stops first.
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

private:
  coroutine<void> watch_engine();
  coroutine<void> compare_again_and_again();
  task<void> compare();
  task<void> correct_told(std::vector<container_summary>& listed);
  coroutine<void> follow(container_id container, std::string address);
  coroutine<void> tidy(corrections found);
  coroutine<void> retire(container_summary container);
  // There is no way back to what is about to end, whatever becomes of this server. errc::conflict: a run has begun.
  task<void> forget_kept(container_summary const& container);
  coroutine<void> record(engine_event e);
  coroutine<void> record_status(deployment_name name, deployment_status status);

  store& state_;
  engine& docker_;
  clock const& time_;
  run_options const& options_;
  reconciler_hooks hooks_;
  container_life life_;
  signal changed_;
  std::set<container_id> told_of_;  // by the engine, since it was last looked at
  task_group* owner_ = nullptr;     // since start()
  std::set<container_id> retiring_;
  bool subscribed_ = false;
  bool look_wanted_ = false;
  bool has_looked_ = false;
};

}  // namespace krane
