#pragma once
// The table of deployments. On the database thread; storage_failure.
#include <cstdint>
#include <map>
#include <optional>

#include "model/deployment.hpp"
#include "store/database.hpp"
#include "store/store.hpp"

namespace krane {

// All, those that cannot be read too: deployment_status::unreadable, with why. One is so as well if its release, or a
// run of it that has not ended, cannot be read.
std::map<deployment_name, deployment> load_deployments(database& db);
std::optional<deployment> find_deployment_row(database& db, deployment_name const& name);
void update_deployment_row(database& db, deployment const& now);
// The number of its next run, never to be given again.
std::uint64_t take_run_number(database& db, deployment_name const& name);
// What is known of it from other rows: the release that serves, its newest run, its restarts.
void add_notes(database& db, deployment& d);
void update_restarts(database& db, deployment_name const& name, std::uint64_t restarts);
result<void> note_restarts(database& db, commit& told, deployment_name const& name, std::uint64_t restarts);
void erase_deployment_row(database& db, deployment_name const& name);

result<deployment_store::put_outcome> put_deployment(database& db, commit& told, spec const& wanted, bool create_only,
                                                     time_point now, std::optional<std::uint64_t> if_release = {});
// errc::not_found, or errc::precondition_failed, config_moved, unless that is the config of the deployment.
result<void> check_config(database& db, spec const& expected);
// errc::conflict, release_moved, unless the release of that number serves; 0: unless none does. `d`: none is there.
result<void> check_serving(database& db, deployment_name const& name, std::optional<deployment> const& d,
                           std::uint64_t wanted);

}  // namespace krane
