#pragma once
// GET /deployments/:name/events: as a WebSocket, as server-sent events, or a page of history.
#include <vector>

#include "api/endpoint.hpp"
#include "auth/authenticator.hpp"
#include "store/store.hpp"
#include "streams/event_ring.hpp"

namespace krane::endpoints {

struct event_parts {
  authenticator const& auth;
  store& state;
  event_ring& ring;
};

std::vector<endpoint> deployment_events(event_parts parts);

}  // namespace krane::endpoints
