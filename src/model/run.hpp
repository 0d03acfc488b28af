#pragma once
// One accepted piece of work on a deployment — bring a release up, or take everything down — and how far it has come.
// What is here is what the store keeps and the API shows; runs/run_machine.hpp says how it moves.
#include <algorithm>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "model/spec.hpp"

namespace krane {

enum class run_kind {
  deploy,
  remove,
  // of the release that serves: its containers stay
  stop,
  start,
  restart,
  scale,  // to more replicas or fewer
};
BOOST_DESCRIBE_ENUM(run_kind, deploy, remove, stop, start, restart, scale)

// How the old release makes room.
enum class run_order {
  side_by_side,  // the old one serves until the new one is healthy
  stop_first,    // they share a port of the host: the old one is stopped first, and started again if the new one fails
};
BOOST_DESCRIBE_ENUM(run_order, side_by_side, stop_first)

// What has durably been done. Each is one commit, and what follows it may safely be done twice.
enum class run_step {
  accepted,
  pulled,
  created,
  old_stopped,
  started,
  healthy,
  switched,
  settled,  // it kept running for a while with the old release still at hand
  old_removed,
  old_kept,  // instead of stopped and removed: paused, to go back to
  // stopping and starting what serves
  stopped,
  // undoing a deploy that failed or was cancelled
  failing,      // next: remove the new container
  new_removed,  // next: start the old one again, if we stopped it
  // taking a deployment away
  containers_removed,
  images_removed,
  // ends
  done,
  failed,
  superseded,
  cancelled,
};
BOOST_DESCRIBE_ENUM(run_step, accepted, pulled, created, old_stopped, started, healthy, switched, settled, old_removed,
                    old_kept, stopped, failing, new_removed, containers_removed, images_removed, done, failed,
                    superseded, cancelled)

bool is_end(run_step step);

// Why a run failed. `reason` is one of those in model/reason.hpp.
struct failure {
  std::string reason;
  std::string message;  // a sentence: what happened, to what, what to do
  std::optional<int> exit_code;
  bool oom_killed = false;
  std::vector<std::string> output;  // the container's last lines, at most 20
  friend bool operator==(failure const&, failure const&) = default;
};

// What became of the connections to a host port that the front holds, as far as this server saw it.
struct run_traffic {
  std::uint64_t switched = 0;  // taken by the new release until the run was done
  std::uint64_t held = 0;      // waited because nothing could take them, and were then served
  std::uint64_t longest_wait_ms = 0;
  std::uint64_t drained = 0;  // were open on the old release and ended by themselves
  std::uint64_t cut = 0;      // were open on the old release when its grace was over
  std::uint64_t refused = 0;  // waited as long as `hold` allows, in vain
  friend bool operator==(run_traffic const&, run_traffic const&) = default;
};

// How a release that has taken over is watched, before the one that it replaces is let go.
struct settling {
  time_point since{};              // it took over
  time_point until{};              // wall clock, so that the time in which no server ran counts
  std::optional<run_id> before{};  // whose release serves again if this one does not hold
  bool has_ended = false;          // meanwhile, and was allowed to
  friend bool operator==(settling const&, settling const&) = default;
};

// A volume of a deployment, as a run had it or found it.
struct run_volume {
  std::string name;           // the engine's
  std::string target;         // place in the container
  std::uint32_t replica = 0;  // of the image's, each has its own; those of the config all share
  bool of_image = false;      // the image declares it, and not the config
  bool mounted = true;        // by this run; else an earlier one had it, and it is kept to be there again
  friend bool operator==(run_volume const&, run_volume const&) = default;
};

struct run {
  run_id id;
  std::uint64_t number = 0;  // 1, 2, 3… within the deployment
  run_kind kind = run_kind::deploy;
  spec what;        // the deployment as it was when the run was accepted
  std::string tag;  // what is pulled
  run_order order = run_order::side_by_side;
  run_step step = run_step::accepted;
  std::optional<image_id> image;
  std::optional<std::string> repo_digest{};  // "sha256:…": by which the registry gives the same image again
  bool fetched = false;                      // the image was not on the engine before this run pulled it
  // Names that pulls of krane gave the image, and nobody before them; see runs/image_choice.hpp.
  std::vector<std::string> brought{};
  std::optional<std::vector<run_volume>> volumes{};        // none: not known, as of runs of krane 0.1.0
  bool with_volumes = false;                               // remove: what is kept in them goes too
  std::optional<std::uint64_t> restores{};                 // the number of the run whose release this one brings back
  std::map<std::string, std::uint64_t> secret_versions{};  // of each secret that its container was given, by key
  std::vector<container_id> containers{};  // by replica, as far as they were made; one without an id is being made anew
  std::uint32_t replica = 0;               // that a deploy is at, from 0: they are replaced one after the other
  // The run that made the containers, where it is another: of a stop, start, restart or scaling, and of going back to a
  // release that was kept.
  std::optional<run_id> acts_on{};
  std::uint32_t had_replicas = 0;        // scale: before it
  bool was_stopped = false;              // the deployment, when this run began: if it fails, it is so again
  bool was_ended = false;                // the same
  std::vector<container_id> replaced;    // containers that give way, once known: by replica
  std::optional<run_id> keeps{};         // the run whose containers are not removed in the end, but paused
  bool through_front = false;            // the front holds its host port; decided before the container is created
  std::optional<run_traffic> traffic{};  // with through_front, once it serves
  std::optional<settling> settles{};     // once it serves, if it is watched
  bool old_was_stopped = false;          // by us: to be started again if this run fails
  bool cancel_requested = false;
  std::uint32_t attempt = 0;  // tries of the present step that failed
  std::optional<failure> why_failed;
  time_point accepted_at{};
  time_point updated_at{};
  std::optional<time_point> finished_at;

  // "{deployment}-{id}", of the run that made it; "…-2" and so on from the second replica on.
  std::string container_name(std::uint32_t replica = 0) const;
  run_id const& made_by() const { return acts_on ? *acts_on : id; }
  std::uint32_t replicas() const { return std::max(1U, what.service.replicas); }
  std::optional<container_id> container(std::uint32_t replica = 0) const;  // none: not known
  void set_container(std::uint32_t replica, container_id id);
  image_ref image_name() const;
  friend bool operator==(run const&, run const&) = default;
};

bool acts_on_what_serves(run_kind kind);
// A stop, start, restart or scaling, as of what serves now.
void act_on(run& r, run const& serving);

std::string to_stored(run const& r);
result<run> run_from_stored(std::string_view text);

}  // namespace krane
