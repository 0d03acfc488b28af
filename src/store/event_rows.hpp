#pragma once
// The table of events. On the database thread; storage_failure.
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/event.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace krane {

// How many rows a deployment keeps. Looking for what is too much costs as much as there are rows, so that it is done
// once for every tenth of them: up to a fifth more may be there for a while.
class retention {
public:
  explicit retention(std::size_t keep) : keep_(keep), slack_(keep / 10 + 1) {}
  std::int64_t keep() const { return static_cast<std::int64_t>(keep_); }
  // After `added` more rows: is it time to look?
  bool due(deployment_name const& name, std::size_t added);
  void forget(deployment_name const& name) { added_.erase(name); }

private:
  std::size_t keep_;
  std::size_t slack_;
  std::unordered_map<deployment_name, std::size_t> added_;  // since the last look; nothing: never looked
};

// Gives them their ids, in this order, and tells of them.
void insert_events(database& db, retention& kept, commit& told, std::vector<event_draft> const& drafts);
void erase_events(database& db, retention& kept, deployment_name const& name);

// `name` may be every_deployment.
std::vector<event> events_after(database& db, deployment_name const& name, std::uint64_t id, std::size_t limit);
std::vector<event> latest_events(database& db, deployment_name const& name, std::size_t limit);
std::uint64_t events_pruned_to(database& db, deployment_name const& name);
// The newest event that is older than all those at or after that time.
std::uint64_t last_event_before(database& db, time_point time);
// The highest id ever given.
std::uint64_t last_event_id_row(database& db);

}  // namespace krane
