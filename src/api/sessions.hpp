#pragma once
// GET /sessions, DELETE /sessions/:id: who is logged in, and ending it.
#include <vector>

#include "api/endpoint.hpp"
#include "auth/authenticator.hpp"

namespace krane::endpoints {

std::vector<endpoint> sessions(authenticator& auth);

}  // namespace krane::endpoints
