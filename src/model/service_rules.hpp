#pragma once
// Rules that a new config must meet and a stored one need not: krane 0.1.0 accepted such values, and what it stored
// stays readable. They hold at the API, where make_spec() applies them, and when a container is made.
#include <vector>

#include "base/error.hpp"
#include "model/service_config.hpp"

namespace krane {

// A fault for each value that breaks one, with paths below "config.".
std::vector<fault> find_rule_faults(service_config const& of);

}  // namespace krane
