#pragma once
// What a run does to the store: accepted, taken a step further, asked to stop. On the database thread; storage_failure.
#include "store/run_rows.hpp"

namespace krane {

struct run_request {
  deployment_name name;
  run_kind kind = run_kind::deploy;
  std::optional<std::string> tag{};
  bool goes_back = false;                   // a deploy of an earlier release
  std::optional<std::uint64_t> release{};   // by its number
  std::optional<std::uint32_t> replicas{};  // scale
  std::optional<run_id> under_way;
  time_point now;
};

struct kept_rows {
  retention events;
  retention runs;
};

result<run_store::accept_outcome> accept_run(database& db, kept_rows& kept, commit& told, run_request const& wanted);
result<void> save_run(database& db, kept_rows& kept, commit& told, run_store::change const& what);
result<run> request_run_cancel(database& db, deployment_name const& name, run_id const& id, time_point now);
// Events outside a run.
result<void> append_events(database& db, kept_rows& kept, commit& told, std::vector<event_draft> const& events,
                           std::optional<deployment_status> status);

}  // namespace krane
