#pragma once
// What has to be done so that the engine holds what the store says. Pure: two lists in, a list of corrections out.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/deployment.hpp"

namespace krane {

// What the engine tells of single containers and not in its list.
struct seen_closely {
  std::set<container_id> done;        // ended, and their restart policy says that they stay so
  std::set<container_id> restarting;  // they run, since the engine has just started them again
};

struct status_change {
  deployment_name of;
  deployment_status was = deployment_status::running;
  deployment_status now = deployment_status::running;
};

struct corrections {
  std::vector<container_summary> remove;    // ours, of no release that serves, and ended
  std::vector<container_summary> retire;    // the same, and it runs, or is kept no more
  std::vector<container_summary> rest;      // kept, and still in its network
  std::vector<deployment_name> bring_back;  // should serve, and does not run
  std::vector<deployment_name> stop_again;  // is stopped, and something of it runs
  std::vector<status_change> status;        // where it is another than recorded
};

// Of the release that serves, and wanted as often as it is there.
bool is_of_what_serves(deployment const& d, container_summary const& c);

// `ours`: containers that bear our marks. `is_busy`: a run of the deployment is waiting or under way and will see to
// its containers itself. `network`: in which they should be.
corrections find_corrections(std::vector<deployment const*> const& deployments,
                             std::vector<container_summary> const& ours,
                             std::function<bool(deployment_name const&)> const& is_busy, time_point now,
                             std::string const& network, seen_closely const& closely = {});

}  // namespace krane
