#pragma once
// Whether the engine answers, for those who only want to know: asked at most once a second however many ask.
//
// Threads: the network thread.
#include <chrono>
#include <optional>

#include "base/async.hpp"
#include "engine/engine.hpp"

namespace krane {

class engine_watch {
public:
  engine_watch(executor network, engine& docker) : docker_(docker), looked_(network) {}

  // No value is no answer within a second.
  coroutine<bool> answers();

private:
  engine& docker_;
  signal looked_;
  bool looking_ = false;
  bool answered_ = false;
  std::optional<timer::time_point> looked_at_;
};

}  // namespace krane
