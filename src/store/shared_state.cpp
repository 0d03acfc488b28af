#include "store/shared_state.hpp"

#include <fmt/format.h>

#include <exception>

#include "base/log.hpp"

namespace krane {

void shared_state::apply(commit const& what) {
  for (auto const& now : what.changed) deployments.insert_or_assign(now.config.name, now);
  for (auto const& gone : what.erased) deployments.erase(gone);
  if (!what.events.empty()) last_event_id = what.events.back().id;
  if (what.events.empty() && what.changed.empty() && what.erased.empty()) return;
  // By index: a listener may add another.
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    try {
      listeners[i](what);
    } catch (std::exception const& e) {
      // The commit is on the disk: those who wait for it must hear of it whatever a listener does.
      log::error("store", fmt::format("a listener failed on a commit: {}", e.what()));
    }
  }
}

}  // namespace krane
