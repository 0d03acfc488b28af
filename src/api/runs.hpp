#pragma once
// POST /deployments/:name/run, and the runs themselves: GET /deployments/:name/runs, one of them, and its cancel.
#include <vector>

#include "api/endpoint.hpp"
#include "runs/run_service.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct run_parts {
  store& state;
  run_service& runs;
  vault const& secrets;
};

std::vector<endpoint> runs(run_parts parts);

}  // namespace krane::endpoints
