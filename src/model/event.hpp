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

// How far something that takes long has come.
struct transfer {
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  // as far as it is known now; may grow
  friend bool operator==(transfer const&, transfer const&) = default;
};

// An event before the store gave it its place in the order.
struct event_draft {
  spec what;                  // the deployment as it was then
  std::optional<run_id> run;  // none for what happens outside a run
  std::string phase;          // a step's name, or "container" for what the engine says of a container of ours
  event_level level = event_level::info;
  std::string message;
  time_point at{};
  std::optional<transfer> progress{};  // of a pull
};

// Where events are asked for by a deployment's name: those of all of them.
inline deployment_name const every_deployment{};

struct event : event_draft {
  std::uint64_t id = 0;  // only grows, over restarts too
};

}  // namespace krane
