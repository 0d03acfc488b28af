#pragma once
// Performs a run's actions on the engine. Each looks before it assumes, and may be performed twice: what is there
// already counts as done, whoever asked for it.
//
// Threads: the network thread.
// Cancel: at any time; the engine may have carried the call out all the same, which the next look finds.
#include <chrono>
#include <functional>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "engine/engine.hpp"
#include "runs/container_life.hpp"
#include "runs/host_port.hpp"
#include "runs/plan.hpp"
#include "runs/room_check.hpp"
#include "runs/run_machine.hpp"
#include "runs/run_service.hpp"
#include "runs/volumes.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane {

// Fails only with errc::unavailable, engine_unavailable or store trouble: the engine is to be waited for. Everything
// else is in the outcome.
class step_actions {
public:
  // Progress of long actions, for people; not durable before it returns.
  using progress = std::function<void(std::string, transfer)>;

  // What pulls look at before they begin.
  struct pull_guards {
    room_check& room;
    semaphore& image_turn;  // see image_cleaner::turn
  };

  step_actions(store& state, engine& docker, container_network& network, host_port& ports, vault const& secrets,
               clock const& time, run_options const& options, pull_guards guards);

  task<outcome> perform(action what, run r, progress report);

  struct brought_back {
    bool was_running = false;         // nothing had to be done
    bool was_cut_off = false;         // it ran, and could not be reached
    std::optional<error> incomplete;  // some of its replicas run, and others could not be brought back
    std::string name{};               // of the one that was not there, as it is called now
  };
  // The containers of a run that should serve, running again: started, or made anew if they are gone; `serving` then
  // has, and the store too, those that there are now, whether or not they could be started. Its port is led to them at
  // once, or when they have been checked.
  enum class lead_port { at_once, later };
  // Those that have ended as their restart policy says.
  enum class ended_ones { start, leave };
  task<brought_back> bring_back(run& serving, lead_port when = lead_port::at_once,
                                ended_ones ended = ended_ones::start);
  // The containers of a run that is watched, after the engine was away: what ended with it did not end by itself. What
  // cannot be started is found by who watches.
  coroutine<void> start_again(run const& watched);
  // What runs of a release that is stopped, and should not.
  task<void> stop_again(run const& serving);

private:
  task<outcome> carry_out(action what, run r, progress report);
  task<outcome> pull(run r, progress report);
  task<outcome> find_or_pull(run r, progress report);
  task<bool> is_still_kept(run const& r);
  // The image that the run's release had: as it is here, else from the registry by its digest.
  task<outcome> find_again(run r, progress report);
  struct downloaded {
    image_details image;
    bool fetched = false;                // it was not here before
    std::vector<std::string> brought{};  // see run::brought
  };
  // `of` is the deployment that it is for, and outlives the call.
  task<downloaded> download(spec const& of, image_ref what, progress report);
  task<std::vector<std::string>> names_brought(image_ref what, image_details image, std::vector<image_summary> before);
  // Not for what serves: better it is back on a full disk than not at all.
  task<downloaded> download_if_it_fits(spec const& of, image_ref what, progress report);
  task<outcome> create(run r);
  task<outcome> start(run r);
  task<outcome> check(run r);
  task<outcome> switch_over(run r);
  task<outcome> settle(run r);
  // How long a release is watched after it has taken over; 0: not at all.
  task<std::chrono::milliseconds> settle_of(run r);
  task<outcome> stop_serving(run r);
  task<outcome> start_serving(run r);
  // What the run finds there, and how it will take over.
  task<outcome> look_at_old(run const& r);
  task<outcome> stop_old(run r);
  task<std::vector<container_id>> without_kept(std::vector<container_id> all, deployment_name of);
  task<outcome> remove_old(run r);
  task<outcome> keep_old(run r);
  task<outcome> remove_new(run r);
  task<outcome> restart_old(run r);
  task<outcome> remove_containers(run r);
  task<outcome> remove_images(run r);
  task<outcome> finish(run r);

  // None: nothing of the deployment serves.
  task<std::optional<run>> serving_run(deployment_name name);
  // So many containers of the release that serves are wanted from now on.
  task<void> have_replicas(deployment_name name, std::uint32_t wanted);
  enum class was { running, cut_off, stopped };
  struct replica_found {
    was then = was::running;
    std::string name;  // as it is called now
  };
  task<replica_found> bring_replica_back(run& serving, std::uint32_t replica, ended_ones ended);
  // What is stopped stays so when the engine is started again.
  task<void> stop_for_good(container_id container);
  // None: it is not there. errc::conflict, name_conflict: what has its name is not ours.
  task<std::optional<container_details>> find_own(run const& of, std::uint32_t replica);
  task<container_id> make_anew(run& serving, std::uint32_t replica);
  // What became of the connections to containers that are led to no more; none: that could not be seen.
  coroutine<std::optional<run_traffic>> drained(run r, std::vector<container_id> old);
  task<void> save(run const& r);
  task<std::string> name_or_hash(run const& r);
  // Into its network first. A port that was just let go may be refused for a moment.
  task<void> start_with_patience(run const& of, container_id id);
  // Stopped and removed.
  task<void> end(container_id container);
  struct made_container {
    container_id id;
    std::vector<run_volume> volumes;  // that the deployment has now
  };
  task<made_container> create_or_adopt(run const& r, std::uint32_t replica);
  task<void> tell_lost(run const& r, std::string volume);
  task<void> open_with_patience(run const& r);
  task<std::vector<old_release>> old_releases(std::vector<container_summary> const& others);
  // Replaced containers of this deployment: ours, of other runs.
  task<std::vector<container_summary>> others_of(run const& r);

  store& state_;
  engine& docker_;
  container_network& network_;
  host_port& ports_;
  vault const& secrets_;
  clock const& time_;
  run_options const& options_;
  pull_guards guards_;
  container_life life_;
  volume_keeper volumes_;
};

}  // namespace krane
