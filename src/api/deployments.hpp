#pragma once
// GET and POST /deployments, GET, PATCH and DELETE /deployments/:name.
#include <cstdint>
#include <limits>
#include <vector>

#include "api/deployment_list.hpp"
#include "api/endpoint.hpp"
#include "base/clock.hpp"
#include "engine/engine.hpp"
#include "runs/run_service.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct deployment_parts {
  store& state;
  run_service& runs;
  engine& docker;
  front const& ports;
  clock const& time;
  deployment_list& list;
  vault const& secrets;
};

std::vector<endpoint> deployments(deployment_parts parts);

// Of POST /deployments and POST …/run.
inline constexpr std::uint64_t max_release = std::numeric_limits<std::int64_t>::max();
query_field if_release_field();

// errc::not_found, for a name that no deployment can have as well.
result<deployment> get_deployment(store const& state, std::string const& name);
// What a request without a config of its own is about. Also errc::conflict, deployment_unreadable.
result<spec> get_stored_config(store const& state, std::string const& name);

}  // namespace krane::endpoints
