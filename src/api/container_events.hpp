#pragma once
// GET /containers/:id/events, and /container/:id/events: the source spells both.
#include <vector>

#include "api/endpoint.hpp"
#include "auth/authenticator.hpp"
#include "engine/engine.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct output_parts {
  authenticator const& auth;
  store& state;
  engine& docker;
  vault const& secrets;
};

std::vector<endpoint> container_events(output_parts parts);

}  // namespace krane::endpoints
