#pragma once
// The newest events of all deployments, serialized once and shared by all who listen. A listener is a cursor into it:
// ten thousand that do not read cost ten thousand cursors, not queues, and delay nobody.
//
// Threads: the network thread.
// Lifetime: subscriptions may outlive the ring only if never used again.
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/async.hpp"
#include "model/event.hpp"

namespace krane {

struct ring_entry {
  std::uint64_t id = 0;
  deployment_name deployment;
  std::shared_ptr<std::string const> text;  // to_event_text
};

class event_ring {
public:
  // Keeps at most that many, dropping the oldest. `last_id`: the newest event there was before this process.
  event_ring(executor network, std::size_t max_entries, std::size_t max_bytes, std::uint64_t last_id);

  void publish(event const& e);
  // Wakes all who wait; their next() fails with errc::cancelled. Nothing is published after it.
  void close();

  // Everything after this id is still here.
  std::uint64_t complete_after() const;
  std::uint64_t last_id() const;

  // Something of the deployment's after `id` is here. Here and below: of every_deployment too.
  bool has_after(deployment_name const& name, std::uint64_t id) const;

  // Up to `limit` of the deployment's after `id`, waiting until there is one. errc::conflict, reason "behind": what
  // follows `id` has left the ring; read it from the store, or resume later. errc::cancelled: closed.
  task<std::vector<ring_entry>> next(deployment_name name, std::uint64_t id, std::size_t limit);

private:
  // A deployment that is listened to: an event wakes only those who want it.
  struct topic {
    topic(executor ex, std::uint64_t dropped) : changed(ex), dropped_up_to(dropped) {}
    signal changed;
    std::uint64_t dropped_up_to;  // the newest of this deployment that has left the ring, at most
  };

  std::shared_ptr<topic> topic_of(deployment_name const& name);
  std::shared_ptr<topic> find_topic(deployment_name const& name) const;
  void drop_oldest();

  std::deque<ring_entry> entries_;
  std::size_t bytes_ = 0;
  std::size_t max_entries_;
  std::size_t max_bytes_;
  std::uint64_t dropped_up_to_;
  std::uint64_t last_id_;
  bool closed_ = false;
  executor ex_;
  std::unordered_map<deployment_name, std::weak_ptr<topic>> topics_;
  std::size_t sweep_at_ = 64;  // topics nobody listens to any more are taken out when there are this many
};

}  // namespace krane
