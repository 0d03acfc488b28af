#pragma once
// Whether a container that was just started works: it keeps running for a while, and is well as its deployment's
// healthcheck says, or its image's. Without one, something in it accepts TCP connections on its port. It is asked at
// its own address: the engine's port proxy accepts whether or not anything listens.
//
// Threads: the network thread.  Cancel: at any time.
#include <chrono>
#include <optional>
#include <string>

#include "engine/engine.hpp"
#include "model/run.hpp"

namespace krane {

struct probe_target {
  container_id container;
  std::string container_name;
  std::optional<port> accepts_on;
  std::string network;
  service_config service{};
  bool ran_before = false;  // how often it was restarted before says nothing
};

struct probe_limits {
  std::chrono::milliseconds settle;  // keeps running at least this long
  std::chrono::milliseconds in_all;  // and accepts within this
};

// No value: it works. Else what was seen: container_exited, oom_killed, command_not_found, unhealthy, container_gone.
// Fails only when the engine does not answer.
task<std::optional<failure>> probe_container(engine& docker, probe_target target, probe_limits limits);

// The last lines that a container wrote, oldest first; what cannot be read is left out.
coroutine<std::vector<std::string>> last_output(engine& docker, container_id container, std::size_t lines);

}  // namespace krane
