#pragma once
// The table of runs. On the database thread; storage_failure.
#include <optional>
#include <string>
#include <vector>

#include "model/run.hpp"
#include "store/database.hpp"
#include "store/event_rows.hpp"
#include "store/store.hpp"

namespace krane {

// A new id that no run of the store has.
run_id free_run_id(database& db);
// errc::internal, not_storable: it could not be read again.
result<void> insert_run(database& db, run const& r);
// False if there is none with its id. A request to cancel that is in the row stays. storage_failure, other: it could
// not be read again, and stays as it was.
bool update_run(database& db, run const& r);
void erase_runs(database& db, retention& kept, deployment_name const& name);
// After one of its runs ended: drops the oldest ended ones that are too many, never the one that serves.
void prune_runs(database& db, retention& kept, deployment_name const& name);

// A run that cannot be read is not found, nor among several; it is what find_unreadable_runs() tells of.
std::optional<run> find_run(database& db, run_id const& id);
std::optional<run> find_run(database& db, deployment_name const& name, std::uint64_t number);
std::optional<run_step> find_run_step(database& db, run_id const& id);
std::vector<run> unfinished_runs(database& db);
std::vector<run> serving_runs(database& db);
std::vector<run> unfinished_runs_of(database& db, deployment_name const& name);

struct unreadable_run {
  deployment_name of;
  std::string why;
};
// Among those that have not ended, and those that serve.
std::vector<unreadable_run> find_unreadable_runs(database& db);
// Those of a deployment that have not ended count as failed from here on, as nobody can carry them out.
// False: there are none.
bool end_unreadable_runs(database& db, deployment_name const& name);
std::vector<run> newest_runs(database& db, deployment_name const& name, std::size_t limit);
std::vector<run> newest_releases(database& db, deployment_name const& name, std::size_t limit);

}  // namespace krane
