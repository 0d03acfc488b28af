#pragma once
// What the network thread holds of the store: a copy of all deployments, and who is told of commits. Apart from the
// store itself, since results may still be on their way when that has been destroyed.
//
// Threads: the network thread.
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "store/store.hpp"

namespace krane {

struct shared_state {
  std::map<deployment_name, deployment> deployments;
  std::uint64_t last_event_id = 0;
  std::optional<error> trouble;
  std::vector<commit_listener> listeners;
  std::function<void(error)> on_fatal;
  std::size_t outstanding = 0;  // works handed over and not yet answered
  bool stopped = false;

  // Takes it into the copies, then tells the listeners.
  void apply(commit const& what);
};

}  // namespace krane
