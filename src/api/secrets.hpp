#pragma once
// /deployments/:name/secrets: set, listed by name, taken away; no route ever answers a value.
#include <vector>

#include "api/endpoint.hpp"
#include "secrets/vault.hpp"

namespace krane::endpoints {

std::vector<endpoint> secrets(vault& of);

}  // namespace krane::endpoints
