#pragma once
// Host ports that the front holds, shown where the engine shows those that it publishes itself.
//
// Source: krane-rest-api.md, "GET /deployments/:name": Ports.
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "front/front.hpp"

namespace krane {

// Adds to the engine's object of the container `id` what leads to it.
void add_front_ports(boost::json::value& container, container_id const& id, std::vector<front_route> const& routes,
                     std::string const& address);

}  // namespace krane
