#pragma once
// Brings a deployment's events to one listener: first those it missed, from the store, then as they happen, from the
// ring; without a gap or a double between the two.
//
// Threads: the network thread.
#include <cstdint>
#include <optional>
#include <vector>

#include "api/stream_end.hpp"
#include "base/task.hpp"
#include "store/store.hpp"
#include "streams/event_ring.hpp"

namespace krane {

// Where events go. send() returns when the next may come, and fails when the listener is gone.
class event_sink {
public:
  virtual ~event_sink() = default;
  virtual task<void> send(std::vector<ring_entry> events) = 0;
};

// `name` may be every_deployment. Runs until the deployment is deleted (after its last event), the listener falls too
// far behind (1013), or it is gone.
coroutine<stream_end> pump_events(store& state, event_ring& ring, deployment_name name, std::uint64_t after,
                                  event_sink& to);

}  // namespace krane
