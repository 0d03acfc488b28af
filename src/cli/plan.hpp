#pragma once
// Says what a deploy would do: krane plan, and krane deploy --dry-run.
#include <string>
#include <vector>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "client/plan_types.hpp"
#include "model/spec.hpp"

namespace krane::cli {

struct named_plan {
  std::string name;
  client::plan_wanted what;
};

result<std::vector<named_plan>> plans_of(result<std::vector<spec>> const& wanted);

// One after the other. exit_code::done: what runs stays the same; changes; failed: a deploy of one would fail, or none
// can be said. A usage error is failed too, since its own code would say that something changes.
task<exit_code> show_plans(command_context& with, result<std::vector<named_plan>> all);

}  // namespace krane::cli
