#pragma once
// GET /system: how the server and what it depends on are, part by part, for those who may deploy. Unlike /readyz it
// always answers, and tells what strangers need not know.
#include <cstdint>
#include <string>
#include <vector>

#include "api/endpoint.hpp"
#include "api/engine_watch.hpp"
#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "engine/engine.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane::endpoints {

struct system_parts {
  authenticator const& auth;
  store& state;
  run_service const& runs;
  engine& docker;
  engine_watch& docker_watch;
  front const& ports;
  clock const& time;
  std::string version;
  std::string state_folder;
  bool engine_is_here;
  std::uint64_t disk_reserve_bytes;
  vault const& secrets;
};

std::vector<endpoint> system_state(system_parts parts);

}  // namespace krane::endpoints
