#pragma once
// The engine interface on Docker's HTTP API, over a unix socket or TCP; connections are kept and used again.
#include <chrono>
#include <memory>
#include <string>

#include "engine/engine.hpp"

namespace krane {

// Each call's own; tests shorten them.
struct engine_deadlines {
  std::chrono::milliseconds connect{2'000};
  std::chrono::milliseconds ping{2'000};
  std::chrono::milliseconds look{10'000};  // inspect, list, network
  std::chrono::milliseconds create{30'000};
  std::chrono::milliseconds start{60'000};
  std::chrono::milliseconds stop_beyond_grace{10'000};
  std::chrono::milliseconds remove{60'000};
  std::chrono::milliseconds pull_silence{60'000};  // to the first byte, and between progress lines
  std::chrono::milliseconds pull{15 * 60'000};     // in all
};

// `address` as DOCKER_HOST has it: unix:///path, or tcp://host:port. errc::invalid for anything else. Nothing is
// dialled yet.
result<std::unique_ptr<engine>> make_docker_engine(executor network, std::string address, engine_deadlines = {});

}  // namespace krane
