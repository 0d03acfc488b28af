#pragma once
// Something that happened to a deployment, as people and programs follow it.
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "model/spec.hpp"

namespace krane {

enum class event_level { info, warn, error };
BOOST_DESCRIBE_ENUM(event_level, info, warn, error)

// An event before the store gave it its place in the order.
struct event_draft {
  spec what;                  // the deployment as it was then
  std::optional<run_id> run;  // none for what happens outside a run
  std::string phase;          // a step's name, or "container" for what the engine says of a container of ours
  event_level level = event_level::info;
  std::string message;
  time_point at{};
};

struct event : event_draft {
  std::uint64_t id = 0;  // only grows, over restarts too
};

}  // namespace krane
