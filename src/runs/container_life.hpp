#pragma once
// How a container of ours is stopped, and how one that is kept to go back to is put to rest and woken: the same for
// runs, removals and the reconciler. Everything may be done twice, and again after a kill in between.
//
// At rest it does no harm to what took its place: its processes stand still, its names in the network lead nowhere, and
// the engine does not start it again after the machine was.
//
// Threads: the network thread.
// Failure: the engine's (engine/engine.hpp) and the store's.
#include <chrono>

#include "engine/engine.hpp"
#include "model/run.hpp"
#include "runs/container_network.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane {

class container_life {
public:
  container_life(store& state, engine& docker, container_network& network, run_options const& options);

  // How long it may take to stop, as its release says.
  task<std::chrono::seconds> grace_of(container_id container);
  // Asked to end, and ended by force when its grace is over. Stopped or gone: success.
  task<void> stop(container_id container);
  // errc::conflict, errc::not_found: it does not run, so there is nothing to keep.
  task<void> put_to_rest(container_id container);
  // Into its network, by its deployment's name, before it is started or where it lost it. `of`: whose container it is.
  task<void> attach(run const& of, container_id container);
  // As the run that goes back to it has it: reachable and not paused. It is still to be started, if it was stopped.
  task<void> wake(run const& by, container_id container);

private:
  store& state_;
  engine& docker_;
  container_network& network_;
  run_options const& options_;
};

}  // namespace krane
