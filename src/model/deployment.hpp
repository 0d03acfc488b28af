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
  unhealthy,   // its container runs, and the engine's check of it fails
  restarting,  // its container ends again and again, and the engine starts it again
  down,        // a release should serve, and its container does not run
  stopped,     // a release would serve, and was stopped by request, until it is started or another is deployed
  ended,       // its container ended, and its restart policy says that it is not to be started again
  failed,      // the last run failed and nothing serves
  deleting,    // being taken away; takes no more runs
  unreadable,  // what is stored of it cannot be read; only replacing and removing it is possible
  unknown,     // the engine does not answer; shown in place of what was last seen, and never stored
};
BOOST_DESCRIBE_ENUM(deployment_status, idle, deploying, running, unhealthy, restarting, down, stopped, ended, failed,
                    deleting, unreadable, unknown)

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

// The newest run, in short.
struct run_note {
  std::uint64_t number = 0;
  run_kind kind = run_kind::deploy;
  run_step step = run_step::accepted;
  std::optional<std::string> reason{};  // of a failure
  std::optional<std::string> message{};
  std::optional<time_point> finished_at{};
  friend bool operator==(run_note const&, run_note const&) = default;
};

// The release that serves, in short.
struct release_note {
  std::uint64_t number = 0;
  std::string image;  // the reference that was pulled
  friend bool operator==(release_note const&, release_note const&) = default;
};

struct deployment {
  spec config;
  deployment_status status = deployment_status::idle;
  std::optional<run_id> serving;       // the run whose release serves
  std::optional<run_id> made_by{};     // the run that made its containers, where it is another
  std::uint32_t replicas = 1;          // of the release that serves
  std::optional<warm_release> warm{};  // the one before it, if it is kept
  std::uint64_t restarts = 0;          // by the engine, of the containers of the release that serves, as last seen
  std::optional<release_note> active{};
  std::optional<run_note> last_run{};
  time_point created_at{};
  time_point updated_at{};
  std::string trouble{};  // why it, or a run of it, cannot be read; empty: it can
  // False: of the config only its name and its host port are known.
  bool has_config() const { return !config.image.empty(); }
  friend bool operator==(deployment const&, deployment const&) = default;
};

}  // namespace krane
