#pragma once
// What was deployed: GET /deployments/:name/releases and one of them; and POST /deployments/:name/rollback, which
// brings one back. model/release.hpp says what a release is, and which one is meant where none is named.
#include <vector>

#include "api/endpoint.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct release_parts {
  store& state;
  run_service& runs;
};

std::vector<endpoint> releases(release_parts parts);

}  // namespace krane::endpoints
