#pragma once
// Says what a deploy would do: krane plan, and krane deploy --dry-run.
#include <vector>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/wanted_specs.hpp"

namespace krane::cli {

// One after the other. exit_code::done: what runs stays the same; changes; failed: a deploy of one would fail, or none
// can be said. A usage error is failed too, since its own code would say that something changes.
task<exit_code> show_plans(command_context& with, result<std::vector<typed_deployment>> all);

}  // namespace krane::cli
