#pragma once
// GET /login and POST /auth: how a key becomes a session.
#include <vector>

#include "api/endpoint.hpp"
#include "auth/authenticator.hpp"

namespace krane::endpoints {

std::vector<endpoint> login(authenticator& auth);

}  // namespace krane::endpoints
