#include "runs/plan.hpp"

namespace krane {

run_order choose_order(spec const& wanted, bool through_front, std::vector<old_release> const& old) {
  if (old.empty()) return run_order::side_by_side;
  if (wanted.replace == rollout::recreate) return run_order::stop_first;
  if (!wanted.host_port) return run_order::side_by_side;
  for (old_release const& one : old) {
    bool const same_port = !one.known || one.host_port == *wanted.host_port;
    // The front leads one port to one and then to the other; the engine can publish it once only.
    if (same_port && !(through_front && one.known && one.through_front)) return run_order::stop_first;
  }
  return run_order::side_by_side;
}

}  // namespace krane
