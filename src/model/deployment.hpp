#pragma once
// A spec that the store holds, with what has become of it.
#include <boost/describe/enum.hpp>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "model/run.hpp"
#include "model/spec.hpp"

namespace krane {

enum class deployment_status {
  idle,        // never run
  deploying,   // a run is waiting or under way
  running,     // a release serves
  down,        // a release should serve, and its container does not run
  stopped,     // a release would serve, and was stopped by request, until it is started or another is deployed
  failed,      // the last run failed and nothing serves
  deleting,    // being taken away; takes no more runs
  unreadable,  // what is stored of it cannot be read; only replacing and removing it is possible
};
BOOST_DESCRIBE_ENUM(deployment_status, idle, deploying, running, down, stopped, failed, deleting, unreadable)

namespace reason {
inline constexpr char deployment_unreadable[] = "deployment_unreadable";
}

// A release that does not serve any more, and whose container is kept, paused, so that going back is one switch.
struct warm_release {
  run_id run;      // whose release it is
  run_id made_by;  // that made its container
  time_point until{};
  friend bool operator==(warm_release const&, warm_release const&) = default;
};

struct deployment {
  spec config;
  deployment_status status = deployment_status::idle;
  std::optional<run_id> serving;       // the run whose release serves
  std::optional<run_id> made_by{};     // the run that made its containers, where it is another
  std::uint32_t replicas = 1;          // of the release that serves
  std::optional<warm_release> warm{};  // the one before it, if it is kept
  time_point created_at{};
  time_point updated_at{};
  std::string trouble{};  // why it, or a run of it, cannot be read; empty: it can
  // False: of the config only its name and its host port are known.
  bool has_config() const { return !config.image.empty(); }
  friend bool operator==(deployment const&, deployment const&) = default;
};

}  // namespace krane
