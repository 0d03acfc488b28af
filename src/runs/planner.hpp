#pragma once
// Finds out what a deploy would meet, and makes the plan of it (deploy_plan.hpp). Nothing is changed: the store, the
// engine, the ports and the registry are only looked at.
//
// Threads: the network thread.
// Failure: errc::unavailable, engine_unavailable, and what the engine says; a registry that does not answer is in the
//          plan.
#include <optional>
#include <string>

#include "runs/deploy_plan.hpp"
#include "runs/host_port.hpp"
#include "runs/room_check.hpp"
#include "runs/run_service.hpp"
#include "runs/volumes.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane {

class planner {
public:
  planner(store& state, engine& docker, host_port const& ports, vault const& secrets, room_check& room,
          run_options const& options);

  // `busy`: a run of it may be under way, and have its port open.
  task<deploy_plan> plan(spec wanted, std::optional<std::string> tag, bool busy);

private:
  task<plan_facts> gather(spec wanted, std::optional<std::string> tag, bool busy);
  task<void> look_at_containers(plan_facts& into);
  task<void> look_at_image(plan_facts& into);
  task<void> look_at_volumes(plan_facts& into);
  void look_at_secrets(plan_facts& into) const;
  task<void> look_at_ports(plan_facts& into, bool busy);

  store& state_;
  engine& docker_;
  host_port const& ports_;
  vault const& secrets_;
  room_check& room_;
  run_options const& options_;
  volume_keeper volumes_;
};

}  // namespace krane
