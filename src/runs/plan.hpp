#pragma once
// How a new release takes over from the old one. Pure.
#include <optional>
#include <vector>

#include "model/run.hpp"
#include "model/spec.hpp"

namespace krane {

// `old_host_ports`: what each container that is there publishes; no value where that is not known, and it may be any.
run_order choose_order(spec const& wanted, std::vector<std::optional<port>> const& old_host_ports);

}  // namespace krane
