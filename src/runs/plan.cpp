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

old_release as_old(std::optional<run> const& of) {
  if (!of) return {.known = false};
  return {
      .host_port = of->what.host_port.value_or(0), .through_front = of->through_front, .ports = of->what.service.ports};
}

run_order choose_order(spec const& wanted, bool through_front, std::vector<old_release> const& old, bool keeps_places) {
  if (old.empty()) return run_order::side_by_side;
  if (wanted.replace == rollout::recreate) return run_order::stop_first;
  // Two programs at once on the same files are the end of many a database; who wants that has to say so.
  if (!wanted.replace && (keeps_places || writes_to_volumes(wanted.service))) return run_order::stop_first;
  if (wanted.service.host_network || shares_ports(wanted.service.ports, old)) return run_order::stop_first;
  if (!wanted.host_port) return run_order::side_by_side;
  for (old_release const& one : old) {
    bool const same_port = !one.known || one.host_port == *wanted.host_port;
    // The front leads one port to one and then to the other; the engine can publish it once only.
    if (same_port && !(through_front && one.known && one.through_front)) return run_order::stop_first;
  }
  return run_order::side_by_side;
}

std::chrono::milliseconds warmth_of(spec const& wanted, std::chrono::milliseconds usual) {
  return wanted.service.keep_warm.value_or(usual);
}

bool stays_warm(run const& serving, spec const& wanted, bool through_front, run_order order,
                std::chrono::milliseconds warmth) {
  return order == run_order::side_by_side && through_front && serving.through_front && warmth.count() > 0 &&
         can_be_kept(wanted) && can_be_kept(serving.what);
}

gap_kind expected_gap(run_order order, spec const& wanted, bool through_front, std::vector<old_release> const& old) {
  if (order == run_order::side_by_side) return gap_kind::none;
  if (wanted.service.host_network || !wanted.service.ports.empty()) return gap_kind::dead;
  if (!wanted.host_port) return gap_kind::none;
  // The front cannot hold what the engine still publishes.
  bool const from_engine = std::ranges::any_of(old, [&](old_release const& one) {
    return !one.known || (one.host_port == *wanted.host_port && !one.through_front);
  });
  return through_front && !from_engine ? gap_kind::held : gap_kind::dead;
}

}  // namespace krane
