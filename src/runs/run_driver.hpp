#pragma once
// Takes one run to its end: asks the machine what to do, does it, saves what came of it, and so on. What it saved is
// what it goes on from after a kill.
//
// Threads: the network thread.
// Failure: only when the store can no longer be written, and the run then goes on at the next start of the server; or
//          when the run has ended or is gone there (errc::conflict, errc::not_found).
// Cancel: between any two steps, and within actions; the run goes on at the next start.
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "runs/run_machine.hpp"
#include "runs/run_service.hpp"
#include "runs/step_actions.hpp"
#include "store/store.hpp"

namespace krane {

// Somebody's wish that a run ends early, which may come while it waits for the engine.
class cancel_order {
public:
  explicit cancel_order(executor network) : asked_(network) {}
  void give(std::string message);
  std::optional<std::string> const& message() const { return message_; }
  signal& asked() { return asked_; }
  // Told by the driver.
  bool waits_for_engine = false;

private:
  std::optional<std::string> message_;
  signal asked_;
};

// A run's place among those that work at once; it gives it up while it only watches.
struct work_slot {
  semaphore& all;
  std::size_t& wanted;  // how many hold one or wait for it
  semaphore::lease held;
};

class run_driver {
public:
  // `background` owns what nobody waits for: records of progress.
  run_driver(store& state, step_actions& actions, clock const& time, run_options const& options,
             task_group& background);

  // `order` and `slot` must outlive the call.
  task<run> drive(run r, bool after_restart, cancel_order& order, work_slot& slot);

private:
  // What may have changed since the run was accepted, and matters to it.
  task<run> brought_up_to_date(run r);
  // The transition that follows; none when there is nothing to save and the loop looks again.
  task<std::optional<transition>> next_transition(run r, cancel_order& order, work_slot& slot);
  task<std::optional<outcome>> perform(action what, run r, cancel_order& order, work_slot& slot);
  task<std::optional<outcome>> perform_unless_cancelled(action what, run r, cancel_order& order);
  task<void> save(transition t, cancel_order const& order);
  coroutine<void> wait_for_engine(run const& r, std::uint32_t tries, cancel_order& order, error const& why);
  void report_progress(run const& r, action what, std::string text, transfer how_far);

  store& state_;
  step_actions& actions_;
  clock const& time_;
  run_options const& options_;
  task_group& background_;
};

}  // namespace krane
