#include "runs/plan.hpp"

#include <algorithm>

#include "model/replica_rules.hpp"

namespace krane {

namespace {

bool shares_ports(std::vector<port_mapping> const& wanted, std::vector<old_release> const& old) {
  return std::ranges::any_of(wanted, [&](port_mapping const& one) {
    return std::ranges::any_of(old, [&](old_release const& before) {
      return !before.known || (!one.udp && before.host_port == one.host) ||
             std::ranges::any_of(before.ports, [&](port_mapping const& other) {
               return other.host == one.host && other.udp == one.udp;
             });
    });
  });
}

}  // namespace

run_order choose_order(spec const& wanted, bool through_front, std::vector<old_release> const& old) {
  if (old.empty()) return run_order::side_by_side;
  if (wanted.replace == rollout::recreate) return run_order::stop_first;
  // Two programs at once on the same files are the end of many a database; who wants that has to say so.
  if (!wanted.replace && writes_to_volumes(wanted.service)) return run_order::stop_first;
  if (wanted.service.host_network || shares_ports(wanted.service.ports, old)) return run_order::stop_first;
  if (!wanted.host_port) return run_order::side_by_side;
  for (old_release const& one : old) {
    bool const same_port = !one.known || one.host_port == *wanted.host_port;
    // The front leads one port to one and then to the other; the engine can publish it once only.
    if (same_port && !(through_front && one.known && one.through_front)) return run_order::stop_first;
  }
  return run_order::side_by_side;
}

}  // namespace krane
