#pragma once
// Whether a container that was just started works: it keeps running for a while, and is well as its deployment's
// healthcheck says, or its image's. Without one, something in it accepts TCP connections on its port. It is asked at
// its own address: the engine's port proxy accepts whether or not anything listens.
//
// Threads: the network thread.  Cancel: at any time.
#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
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
  std::string* was_seen =
      nullptr;  // what it did that shows that it works: "answers GET :8080/up → 200"; outlives the call
};

struct probe_limits {
  std::chrono::milliseconds settle;  // keeps running at least this long
  std::chrono::milliseconds in_all;  // and accepts within this
};

// No value: it works. Else what was seen: container_exited, oom_killed, command_not_found, unhealthy, container_gone.
// Fails only when the engine does not answer.
task<std::optional<failure>> probe_container(engine& docker, probe_target target, probe_limits limits);

// Of one that worked and has taken over: how it ended since, or was restarted. Fails as probe_container.
struct time_in_office {
  time_point since{};
  time_point now{};
};
struct seen_end {
  std::optional<failure> why{};  // none while it runs, or when it ended as its restart policy allows
  bool has_ended = false;        // as that allows
};
task<seen_end> find_end(engine& docker, probe_target target, time_in_office served);

// The last lines that a container wrote, oldest first; what cannot be read is left out.
coroutine<std::vector<std::string>> last_output(engine& docker, container_id container, std::size_t lines);

}  // namespace krane
