#pragma once
// The table of runs. On the database thread; storage_failure.
#include <optional>
#include <vector>

#include "model/run.hpp"
#include "store/database.hpp"
#include "store/event_rows.hpp"
#include "store/store.hpp"

namespace krane {

// A new id that no run of the store has.
run_id free_run_id(database& db);
void insert_run(database& db, run const& r);
// False if there is none with its id. A request to cancel that is in the row stays.
bool update_run(database& db, run const& r);
void erase_runs(database& db, retention& kept, deployment_name const& name);
// After one of its runs ended: drops the oldest ended ones that are too many, never the one that serves.
void prune_runs(database& db, retention& kept, deployment_name const& name);

std::optional<run> find_run(database& db, run_id const& id);
std::optional<run> find_run(database& db, deployment_name const& name, std::uint64_t number);
std::optional<run_step> find_run_step(database& db, run_id const& id);
std::vector<run> unfinished_runs(database& db);
std::vector<run> serving_runs(database& db);
std::vector<run> unfinished_runs_of(database& db, deployment_name const& name);
std::vector<run> newest_runs(database& db, deployment_name const& name, std::size_t limit);
std::vector<run> newest_releases(database& db, deployment_name const& name, std::size_t limit);

}  // namespace krane
