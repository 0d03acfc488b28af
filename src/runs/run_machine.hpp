#pragma once
// How a run moves, without any I/O: what its present step asks for, and what it becomes when that was done or failed.
// The driver saves the state, performs the action, and feeds the outcome back; so crash safety is one property — any
// action may be performed twice — and a run that was interrupted anywhere goes on from its saved step.
//
//   side_by_side:  accepted → pulled → created → started → healthy → switched → settled → old_stopped → old_removed
//                  → done                                                    or settled → old_kept → done
//   stop_first:    accepted → pulled → created → old_stopped → started → healthy → switched → settled → old_removed
//                  → done
//   From switched to settled the new release serves and is watched, and the one before it is still there; a run that
//   does not settle continues from switched as from settled.
//   Of several replicas each goes from pulled to switched, side by side until the one it replaces is stopped; what is
//   removed is removed after the last.
//   failed:        … → failing → new_removed → failed | cancelled
//   removal:       accepted → containers_removed → images_removed → done
//   stop:          accepted → stopped → done
//   start:         accepted → started → healthy → switched → done
//   restart:       accepted → stopped → started → healthy → switched → done
//   scale:         accepted → started → healthy → switched → old_stopped → old_removed → done
// Stop, start and restart act on the containers of the release that serves, and undo nothing: one that does not come
// up again is a release that is down, which the reconciler goes on with. A scaling that fails leaves as many as were.
#include <boost/describe/enum.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "model/deployment.hpp"
#include "model/event.hpp"
#include "model/run.hpp"

namespace krane {

// Spelled as events' phases are.
enum class action {
  none,  // the run has ended
  pull,
  create,       // finds the release it replaces, too
  start,        // the new container; of a start, restart or scaling: those that are to serve
  check,        // that the new container works
  switch_over,  // the new release serves; what comes to its host port goes there
  settle,       // watch it for a while
  stop_serving,
  stop_old,
  remove_old,
  keep_old,     // paused, to go back to
  remove_new,   // undo
  restart_old,  // undo
  remove_containers,
  remove_images,
  finish,
};
BOOST_DESCRIBE_ENUM(action, none, pull, create, start, check, switch_over, settle, stop_serving, stop_old, remove_old,
                    keep_old, remove_new, restart_old, remove_containers, remove_images, finish)

// The release before, paused.
struct kept_release {
  run_id run;      // whose release it is
  run_id made_by;  // that made its container
  std::chrono::milliseconds how_long;
};

// What a performed action came to.
struct outcome {
  std::optional<failure> failed;  // none: it is done
  bool worth_retrying = false;    // the same again may help (with `failed`)

  std::optional<image_id> image;                           // pull
  std::optional<std::string> repo_digest;                  // pull
  std::string was_seen{};                                  // check: "answers GET :8080/up → 200"
  bool has_ended = false;                                  // settle: all of it, as its restart policy allows
  bool was_there = false;                                  // pull: no registry was asked
  bool fetched = false;                                    // pull: the engine did not have the image before
  bool through_front = false;                              // pull
  std::map<std::string, std::uint64_t> secret_versions{};  // pull
  std::vector<std::string> brought{};                      // pull: see run::brought
  std::optional<std::vector<run_volume>> volumes{};        // create: all that there are now; remove_containers: kept
  std::vector<std::string> notes{};                        // sentences to be told, of any that was done
  bool kept_is_gone = false;                               // pull: what was to be gone back to at once
  std::vector<container_id> containers;                    // create: one; start: all that there are now
  std::vector<container_id> replaced;                      // create of the first; start
  std::optional<run_id> keeps;                             // create of the first
  std::optional<kept_release> kept;                        // keep_old; none: it could not be kept
  run_order order = run_order::side_by_side;               // create
  std::chrono::milliseconds settles_for{0};                // switch_over of the last replica
  std::optional<run_traffic> traffic;                      // as it is now, where it is counted
};

// What follows. Durable before the next action is performed, all of it in one commit.
struct transition {
  run now;
  std::vector<event_draft> events;
  std::optional<deployment_status> status;
  std::optional<std::optional<run_id>> serving;
  std::optional<std::optional<warm_release>> warm;
  bool erase_deployment = false;
  std::optional<std::chrono::milliseconds> wait;  // before the same action is tried again
};

action next_action(run const& r);

// The containers that make room for what the run brings up, at the replica that it is at.
std::vector<container_id> gives_way(run const& r);

// The deployment's serving run, as it is now, decides what a failure leaves behind.
transition advance(run const& r, outcome const& o, std::optional<run_id> const& serving, time_point now);

// What a run looks like when it is first taken up, or again after a restart: the same step, with an event.
transition begin(run const& r, bool after_restart, time_point now);

// Whether a cancel can still take effect: the new release does not serve yet, or is being watched.
bool can_cancel(run const& r);
// What a run has to know of the deployment's status when it is taken up, which an earlier run may just have changed.
void note_status(run& r, std::optional<deployment_status> status);

// The engine was away while a check was under way, and what it ran may have ended with it: the containers are started
// again before they are checked again. None: the run continues with the same action.
std::optional<transition> after_outage(run const& r, time_point now);

// The run turned to undo what it did; then advance as ever.
transition cancel(run const& r, std::string message, std::optional<run_id> const& serving, time_point now);

}  // namespace krane
