#pragma once
// What has to be done so that the engine holds what the store says. Pure: two lists in, a list of corrections out.
#include <functional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/deployment.hpp"

namespace krane {

struct corrections {
  std::vector<container_summary> remove;                              // ours, of no release that serves, and ended
  std::vector<container_summary> retire;                              // the same, and it runs, or is kept no more
  std::vector<container_summary> rest;                                // kept, and still in its network
  std::vector<deployment_name> bring_back;                            // should serve, and does not run
  std::vector<std::pair<deployment_name, deployment_status>> status;  // where it is another than recorded
};

// `ours`: containers that bear our marks. `is_busy`: a run of the deployment is waiting or under way and will see to
// its containers itself. `network`: in which they should be.
corrections find_corrections(std::vector<deployment const*> const& deployments,
                             std::vector<container_summary> const& ours,
                             std::function<bool(deployment_name const&)> const& is_busy, time_point now,
                             std::string const& network);

}  // namespace krane
