#pragma once
// Host ports that the front holds, shown where the engine shows those that it publishes itself.
//
// Source: krane-rest-api.md, "GET /deployments/:name": Ports.
#include <boost/json/value.hpp>
#include <string>

#include "front/front.hpp"

namespace krane {

// Adds to the engine's object of the container `id` what leads to it, an entry for each address.
void add_front_ports(boost::json::value& container, container_id const& id, front const& ports);

// "ok", or why host ports are not held.
std::string state_of(front const& ports);

}  // namespace krane
