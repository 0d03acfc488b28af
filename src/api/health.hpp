#pragma once
// GET /health, /healthz, /readyz, /version: for those who watch the server.
#include <string>
#include <vector>

#include "api/endpoint.hpp"
#include "api/engine_watch.hpp"
#include "auth/authenticator.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct health_parts {
  authenticator const& auth;
  store const& state;
  run_service const& runs;
  engine_watch& docker;
  front const& ports;
};

std::vector<endpoint> health(health_parts parts, std::string const& version);

}  // namespace krane::endpoints
