#pragma once
// Takes away what krane pulled and no release needs any more, after each run that was good. It is no step of a run: a
// run is done when it serves, and what is not taken away now, because the server was killed or the engine refused, is
// after the next good run, of whatever deployment.
//
// Threads: the network thread.
// Lifetime: its coroutine is spawned into a task_group that its owner stops first.
#include <vector>

#include "base/async.hpp"
#include "engine/engine.hpp"
#include "runs/image_choice.hpp"
#include "runs/run_service.hpp"
#include "store/store.hpp"

namespace krane {

class image_cleaner {
public:
  image_cleaner(executor network, store& state, engine& docker, run_options const& options);

  void start(task_group& owner);
  // A run was good.
  void nudge();
  // Passed through by a pull before it begins: what a pull finds on the engine is not being removed. While a run has
  // pulled and not created its container yet, nothing is.
  semaphore& turn() { return turn_; }

private:
  coroutine<void> clean_again_and_again();
  task<void> clean();
  // What has gone is fetched and named no more: if it is here again, somebody else has brought it.
  task<void> forget(std::vector<kept_releases> const& releases, std::vector<image_summary> const& left);

  store& state_;
  engine& docker_;
  run_options const& options_;
  semaphore turn_;
  signal wanted_;
  bool is_wanted_ = false;
};

}  // namespace krane
