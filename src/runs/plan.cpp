#include "runs/plan.hpp"

namespace krane {

run_order choose_order(spec const& wanted, std::vector<std::optional<port>> const& old_host_ports) {
  if (!wanted.host_port) return run_order::side_by_side;
  for (auto const& taken : old_host_ports)
    if (!taken || *taken == *wanted.host_port) return run_order::stop_first;
  return run_order::side_by_side;
}

}  // namespace krane
