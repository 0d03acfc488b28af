#pragma once
// What several containers of one release, or two releases at once, ask of the rest of a deployment. Pure.
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/spec.hpp"

namespace krane {

bool writes_to_volumes(service_config const& service);

// What says otherwise than `replicas` and `keep_warm` need; with paths below "config.".
std::vector<fault> find_replica_faults(spec const& wanted);

// Why several replicas cannot have the host port, if they cannot: the front does not hold it.
std::optional<std::string> find_port_for_one(spec const& wanted, bool through_front);

// Whether its container can stay, paused, beside that of the release after it: nothing of the machine is its alone.
bool can_be_kept(spec const& release);

}  // namespace krane
