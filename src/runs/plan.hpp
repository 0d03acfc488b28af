#pragma once
// How a new release takes over from the old one. Pure.
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

// `through_front`: whether the front holds the new release's host port.
run_order choose_order(spec const& wanted, bool through_front, std::vector<old_release> const& old);

}  // namespace krane
