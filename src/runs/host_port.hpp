#pragma once
// What a run does with the deployment's host port where the front holds it: opens it, switches it to the new release,
// waits for what is open on the old one, and puts it back when the run fails. Everything may be done twice.
//
// Threads: the network thread.
// Failure: the front's (front/front.hpp) and the engine's.
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "front/front.hpp"
#include "model/run.hpp"
#include "runs/plan.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane {

class host_port {
public:
  host_port(store& state, engine& docker, front& ports, run_options const& options);

  // Whether the front would hold the port of such a deployment.
  bool goes_through_front(spec const& what) const;
  // Nobody else has the port; nothing is changed.
  result<void> check(spec const& what) const;
  // The same before a run of it: what another deployment has is for the store to tell, and what the run under way
  // (`busy`) or the engine holds for the deployment itself is its own.
  task<void> check_before_run(spec what, bool busy) const;
  // Its further ports, which the engine publishes: an error for each that neither is free nor published by an old one.
  std::vector<error> check_further(spec const& what, std::vector<old_release> const& old) const;

  // The engine could not publish a port of the deployment, and says so: which, and who has it.
  std::string conflict_in_words(spec const& what, std::string const& engines_words) const;

  // Open; until it is led to a container, connections wait.
  task<void> open(run r);
  // What is open on the old release goes on; new connections wait.
  task<void> hold(run r);
  // New connections go to the run's containers, as far as it has come, and to those that did not give way yet; those
  // that waited are through.
  task<run_traffic> switch_over(run r);
  // Waits until nothing is open on these containers, which it replaces, as long as `grace`; what is open then is
  // closed.
  task<run_traffic> drain(run r, std::vector<container_id> old, std::chrono::seconds grace);
  // The traffic of a run that is done.
  task<run_traffic> sum(run r);

  // Everything as the serving release wants it: its port led to its container, others let go.
  task<void> settle(deployment_name name);
  // Deployments for which the front holds a port that they have no use for: they are not there any more or stopped, or
  // nothing of them serves with it. None of those that are busy.
  task<std::vector<deployment_name>> owners_of_strays(std::function<bool(deployment_name const&)> is_busy) const;
  // Lets go of that.
  task<void> tidy(deployment_name name);
  // `name` has no port any more.
  task<void> let_go(deployment_name name);
  // At the start: what serves, and what unfinished runs have opened.
  task<void> adopt(std::vector<run> serving, std::vector<run> unfinished);
  // A container of ours stopped (no address) or has one: if a port leads to it, connections wait, or find it there.
  task<void> follow(container_id container, std::string address);

private:
  // Another deployment rather than the program that holds the port for it.
  std::string holder_in_words(port_mapping const& wanted, deployment_name const& by) const;
  front_route route_of(run const& r, std::vector<front_target> to) const;
  task<front_target> target_of(run const& r, std::uint32_t replica);
  // It is neither stopped nor being removed.
  bool may_serve(deployment_name const& name) const;

  store& state_;
  engine& docker_;
  front& ports_;
  run_options const& options_;
};

}  // namespace krane
