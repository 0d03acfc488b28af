#pragma once
// POST /deployments/:name/plan: what a deploy would do, without doing it.
#include <vector>

#include "api/endpoint.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct plan_parts {
  store& state;
  run_service& runs;
  scrubber const& hides;
};

std::vector<endpoint> plan(plan_parts parts);

}  // namespace krane::endpoints
