#pragma once
// The queue of one deployment: at most one run under way, those that wait behind it, and what else its worker has to
// see to. All changes of it are made by run_service under `turn`.
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/async.hpp"
#include "model/run.hpp"
#include "runs/run_driver.hpp"

namespace krane {

struct lane {
  lane(executor network, deployment_name of) : name(std::move(of)), turn(network, 1) {}

  struct waiting_run {
    run what;
    bool after_restart = false;
    std::string told = {};  // what it was last said to wait for
  };

  deployment_name name;
  semaphore turn;
  std::deque<waiting_run> waiting;
  std::optional<run> current;
  std::unique_ptr<cancel_order> order;  // of the current run
  bool restore_wanted = false;          // the serving release does not run and has to be brought back
  std::chrono::steady_clock::time_point restore_not_before{};  // after one that failed
  bool tidy_wanted = false;                                    // the front holds a port for it that it has no use for
  std::chrono::steady_clock::time_point tidy_not_before{};
  bool has_worker = false;
  bool waits_for_slot = false;

  bool busy() const { return current.has_value() || !waiting.empty() || restore_wanted || tidy_wanted; }
};

}  // namespace krane
