#pragma once
// How a new release takes over from the old one. Pure.
#include <boost/describe/enum.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "model/run.hpp"
#include "model/spec.hpp"

namespace krane {

// What is known of a container that is there already.
struct old_release {
  port host_port = 0;                 // 0: it has none
  bool through_front = false;         // else the engine publishes it
  bool known = true;                  // false: it may publish any port
  std::vector<port_mapping> ports{};  // further ones, that the engine publishes
};

// Of a container of that run; none: it is not known any more.
old_release as_old(std::optional<run> const& of);

// `through_front`: whether the front holds the new release's host port. `keeps_places`: its image declares volumes that
// the deployment keeps.
run_order choose_order(spec const& wanted, bool through_front, std::vector<old_release> const& old,
                       bool keeps_places = false);

// How long the release that serves stays, paused, to go back to; `usual`: unless `wanted` says.
std::chrono::milliseconds warmth_of(spec const& wanted, std::chrono::milliseconds usual);
// Whether it does at all when `wanted` has taken over.
bool stays_warm(run const& serving, spec const& wanted, bool through_front, run_order order,
                std::chrono::milliseconds warmth);

// What becomes of connections while a release that runs is replaced.
enum class gap_kind {
  none,  // nothing is noticed, or there is no port that could be
  held,  // they wait until the new one takes them
  dead,  // they are refused until the new one has the port, for about a second
};
BOOST_DESCRIBE_ENUM(gap_kind, none, held, dead)

gap_kind expected_gap(run_order order, spec const& wanted, bool through_front, std::vector<old_release> const& old);

}  // namespace krane
