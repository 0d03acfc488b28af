#pragma once
// /registries: who krane is to each registry; no route ever answers a password.
#include <vector>

#include "api/endpoint.hpp"
#include "secrets/vault.hpp"

namespace krane::endpoints {

std::vector<endpoint> registries(vault& in);

}  // namespace krane::endpoints
