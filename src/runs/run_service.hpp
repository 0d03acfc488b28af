#pragma once
// What brings deployments up and takes them down. Whatever it accepted is on the disk before it says so, and is
// finished, over any number of restarts.
//
// Threads: the network thread.
// Lifetime: start() once; stop() must have returned before it is destroyed. Runs that stop() interrupts go on at the
//           next start.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "engine/engine.hpp"
#include "front/front.hpp"
#include "model/run.hpp"
#include "registry/registry.hpp"
#include "runs/deploy_plan.hpp"
#include "runs/service_policy.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane {

namespace reason {
inline constexpr char recovering[] = "recovering";  // the server has just started, and takes no changes yet
inline constexpr char stopping[] = "stopping";
}  // namespace reason

struct run_options {
  std::string network = "krane";                     // that is wanted; see container_network.hpp
  publish_by publish = publish_by::front;            // host ports, unless a deployment says otherwise
  std::size_t at_once = 4;                           // the engine does not start more a second, measured
  std::chrono::seconds stop_grace{10};               // of deployments that do not say
  service_policy policy{};                           // of what deployments may ask for
  std::chrono::milliseconds keep_warm{0};            // of deployments that do not say; 0: not at all
  std::chrono::milliseconds settle{300};             // a new container must keep running this long
  std::optional<std::chrono::milliseconds> watch{};  // of a release that has taken over; none: as settle_of() says
  std::chrono::milliseconds check_limit{30'000};     // for its port to accept
  std::chrono::milliseconds port_retry{1'000};       // a port just freed may be refused for ~140 ms
  std::chrono::milliseconds engine_retry{500};       // between looks at an engine that does not answer; doubles to 2 s
  std::chrono::seconds reconcile_every{30};
  std::chrono::milliseconds recovery_wait{5'000};  // for unfinished runs to be queued, of who wants to change something
  std::chrono::milliseconds adopt_limit{30'000};   // for the front to hold its ports again, before any run goes on
  bool engine_is_here = true;                      // its disk is this machine's
  std::uint64_t disk_reserve_bytes = std::uint64_t{1024} * 1024 * 1024;  // of it, that pulls leave free
  std::size_t keep_releases = 5;                 // of a deployment, whose fetched images stay (runs/image_choice.hpp)
  std::chrono::milliseconds accept_look{2'000};  // how long accepting a run may take to see that its image cannot fit
};

class run_service {
public:
  virtual ~run_service() = default;

  // Recovers: looks at what the store and the engine hold, goes on with every unfinished run. Returns at once; an
  // engine that is down is waited for.
  virtual void start() = 0;
  // Recovery has looked at the engine once, and what it found is under way.
  virtual bool recovered() const = 0;
  // Returns once every unfinished run is queued, so that a change finds its place behind them. errc::unavailable:
  // recovering, when that takes longer than options.recovery_wait; stopping, from begin_stop() on. Whatever changes a
  // deployment waits for it; those below do so themselves.
  virtual task<void> wait_until_queued() = 0;
  // From now on no run is accepted or taken up, and whoever waits for one is answered at once. stop() follows.
  virtual void begin_stop() = 0;
  virtual coroutine<void> stop() = 0;
  // The engine's containers are being followed; else what is known of them is from before.
  virtual bool sees_engine() const = 0;

  // What a deployment asks for and the settings do not allow; checked once more when its container is made.
  virtual std::vector<fault> find_forbidden(spec const& wanted) const = 0;

  // What a deploy of it would do, where nothing is changed. `wanted` need not be what is stored. errc::unavailable,
  // engine_unavailable.
  virtual task<deploy_plan> plan(spec wanted, std::optional<std::string> tag) = 0;

  // Durable when it returns; never waits for the engine. errc::not_found; errc::conflict: deployment_deleting, or
  // port_in_use (port_not_allowed, address_not_available), when its host port cannot be had; release_moved, with
  // `if_release`, when it is not that one that serves (run_store::accept); errc::storage_full,
  // engine_storage, when its image is known not to fit on the engine's disk. `keep`, here and below: as run_store's.
  virtual task<run> deploy(deployment_name name, std::optional<std::string> tag,
                           std::optional<std::uint64_t> if_release = {},
                           std::optional<answer_to_keep<run>> keep = {}) = 0;
  // As deploy, of an earlier release whole: see run_store::restore for which, and how it fails.
  virtual task<run> roll_back(deployment_name name, std::optional<std::uint64_t> release,
                              std::optional<answer_to_keep<run>> keep = {}) = 0;
  // run_kind::stop, start or restart of the release that serves; what is so already is success. As deploy; also
  // errc::conflict, nothing_serves.
  virtual task<run> act_on_serving(deployment_name name, run_kind kind,
                                   std::optional<answer_to_keep<run>> keep = {}) = 0;
  // As many containers of the release that serves, and as many in the deployment's config. As act_on_serving; also
  // errc::invalid: the config does not go with several; errc::conflict, replicas_need_front.
  virtual task<run> scale(deployment_name name, std::uint32_t replicas,
                          std::optional<answer_to_keep<run>> keep = {}) = 0;
  // As deploy; a removal that is under way is answered as it is. `with_volumes`: and what is kept in its volumes.
  virtual task<run> remove(deployment_name name, bool with_volumes = false) = 0;
  // One that only waits ends at once, without its turn. errc::not_found; errc::conflict when it has ended.
  virtual task<run> cancel(deployment_name name, run_id id, std::optional<answer_to_keep<run>> keep = {}) = 0;
  // The run that is under way and any that waits, newest first: see run_store::request_cancel_all for how it fails.
  virtual task<std::vector<run>> cancel_all(deployment_name name,
                                            std::optional<answer_to_keep<std::vector<run>>> keep = {}) = 0;
  // The run when it has ended, or as it is when `limit` is over. A removal's end erases its record: then what it was
  // at its end is answered from memory.
  virtual task<run> wait_for_end(run_id id, std::chrono::milliseconds limit) = 0;
  // What keeps a run from going on at this moment: "run 3", "a free slot", "the recovery of the server", "the engine".
  // None: nothing does.
  virtual std::optional<std::string> waits_for(run const& r) const = 0;
};

std::unique_ptr<run_service> make_run_service(executor network, store& state, engine& docker, registry& registries,
                                              front& ports, vault const& secrets, clock const& time,
                                              run_options options);

}  // namespace krane
