#pragma once
// run_service with a queue per deployment: runs of one deployment never overlap, at most `at_once` of all are under
// way, and what arrives is durable before it is queued.
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/async.hpp"
#include "runs/image_cleaner.hpp"
#include "runs/lane.hpp"
#include "runs/planner.hpp"
#include "runs/reconciler.hpp"
#include "runs/room_check.hpp"
#include "runs/run_driver.hpp"
#include "runs/run_service.hpp"
#include "runs/step_actions.hpp"

namespace krane {

class lane_service final : public run_service {
public:
  lane_service(executor network, store& state, engine& docker, registry& registries, front& ports, vault const& secrets,
               clock const& time, run_options options);
  ~lane_service() override;

  void start() override;
  bool recovered() const override;
  task<void> wait_until_queued() override;
  void begin_stop() override;
  coroutine<void> stop() override;
  bool sees_engine() const override { return reconciler_.sees_engine(); }
  std::vector<fault> find_forbidden(spec const& wanted) const override;
  task<deploy_plan> plan(spec wanted, std::optional<std::string> tag) override;
  using keep_answer = std::optional<answer_to_keep<run>>;
  task<run> deploy(deployment_name name, std::optional<std::string> tag, std::optional<std::uint64_t> if_release,
                   keep_answer keep) override;
  task<run> roll_back(deployment_name name, std::optional<std::uint64_t> release, keep_answer keep) override;
  task<run> act_on_serving(deployment_name name, run_kind kind, keep_answer keep) override;
  task<run> scale(deployment_name name, std::uint32_t replicas, keep_answer keep) override;
  task<run> remove(deployment_name name, bool with_volumes) override;
  task<run> cancel(deployment_name name, run_id id, keep_answer keep) override;
  using keep_answer_of_all = std::optional<answer_to_keep<std::vector<run>>>;
  task<std::vector<run>> cancel_all(deployment_name name, keep_answer_of_all keep) override;
  task<run> wait_for_end(run_id id, std::chrono::milliseconds limit) override;
  std::optional<std::string> waits_for(run const& r) const override;

private:
  using lane_ptr = std::shared_ptr<lane>;

  lane_ptr lane_of(deployment_name const& name);
  bool is_busy(deployment_name const& name) const;
  struct wish {
    run_kind kind = run_kind::deploy;
    std::optional<std::string> tag{};
    bool goes_back = false;
    std::optional<std::uint64_t> release{};
    std::optional<std::uint64_t> if_release{};
    std::uint32_t replicas = 0;  // scale
    bool with_volumes = false;   // remove
    keep_answer keep{};
  };
  // Makes a run durable and queues it; not to be interrupted between the two.
  task<run> accept(deployment_name name, wish what);
  // What the run will deploy; none where the store will refuse it.
  task<std::optional<spec>> config_wanted(deployment_name name, wish what);
  result<void> check_replicas(spec const& config) const;
  // errc::storage_full when the image that will be pulled is known not to fit.
  task<void> check_room(spec config, std::optional<std::string> tag);
  task<run> accept_uninterrupted(deployment_name name, wish what);
  // Of a run that is to be cancelled durably, under the lane's turn: one that waits ends now, another as soon as it
  // can.
  coroutine<void> carry_out_cancel(lane_ptr l, run r);
  // Says what a run waits for, if it does.
  coroutine<void> tell_wait(lane_ptr l, run r);
  task<run> cancel_uninterrupted(deployment_name name, run_id id, keep_answer keep);
  task<std::vector<run>> cancel_all_uninterrupted(deployment_name name, keep_answer_of_all keep);

  coroutine<void> recover();
  // Until the store answers.
  task<std::vector<run>> read_runs(task<std::vector<run>> (run_store::*which)());
  void queue_all(std::vector<run> const& unfinished);
  // Those that were to be cancelled while they waited.
  coroutine<void> end_cancelled(std::vector<run> unfinished);
  coroutine<void> adopt_ports(std::vector<run> unfinished);
  void drive_all();
  void ensure_worker(lane_ptr const& l);
  coroutine<void> work(lane_ptr l);
  // With a slot of its own. False: nothing is left to do.
  task<bool> work_once(lane_ptr l);
  task<std::optional<lane::waiting_run>> take_next(lane_ptr l);
  coroutine<void> drive_current(lane_ptr l, bool after_restart, work_slot& slot);
  coroutine<void> bring_back(lane_ptr l);
  void want_back(deployment_name const& name);
  coroutine<void> tidy_ports(lane_ptr l);
  void want_tidy(deployment_name const& name);
  void ended(run const& r);

  executor network_;
  store& state_;
  engine& docker_;
  vault const& secrets_;
  clock const& time_;
  run_options options_;
  container_network containers_network_;
  host_port ports_;
  room_check room_;
  image_cleaner cleaner_;
  step_actions actions_;
  planner planner_;
  task_group tasks_;
  run_driver driver_;
  reconciler reconciler_;
  semaphore slots_;
  std::size_t slots_wanted_ = 0;  // by lanes that have one or wait for one
  std::unordered_map<deployment_name, lane_ptr> lanes_;
  signal any_ended_;
  std::deque<run> lately_ended_;  // a removal's record is gone with its end
  // Recovery, in the order in which it comes to each.
  signal came_further_;
  bool queued_all_ = false;  // every unfinished run is in its lane; from here on changes are taken
  bool has_ports_ = false;   // the front holds what it should
  bool driving_ = false;     // runs go on
  bool stopping_ = false;
};

}  // namespace krane
