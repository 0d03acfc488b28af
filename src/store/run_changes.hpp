#pragma once
// What a run does to the store: accepted, taken a step further, asked to stop. On the database thread; storage_failure.
#include "store/run_rows.hpp"

namespace krane {

struct run_request {
  deployment_name name;
  run_kind kind = run_kind::deploy;
  std::optional<std::string> tag{};
  bool goes_back = false;                     // a deploy of an earlier release
  std::optional<std::uint64_t> release{};     // by its number
  std::optional<std::uint64_t> if_release{};  // only while that one serves; 0: none
  std::optional<std::uint32_t> replicas{};    // scale
  std::optional<run_id> under_way;
  time_point now;
  std::optional<answer_to_keep<run>> keep{};
};

struct kept_rows {
  retention events;
  retention runs;
  std::size_t answers = 0;
};

result<run_store::accept_outcome> accept_run(database& db, kept_rows& kept, commit& told, run_request const& wanted);
// What has ended changes its step no more and tells of its end no more: errc::conflict, run_ended, and nothing is done.
result<void> save_run(database& db, kept_rows& kept, commit& told, run_store::change const& what);
// `wanted`: its name, the time and what is to be kept.
result<run> request_run_cancel(database& db, kept_rows const& kept, run_request const& wanted, run_id const& id);
using answer_of_runs_to_keep = answer_to_keep<std::vector<run>>;
result<std::vector<run>> request_cancel_of_all(database& db, kept_rows const& kept, deployment_name const& name,
                                               time_point now, std::optional<answer_of_runs_to_keep> const& keep);
// Events outside a run.
result<void> append_events(database& db, kept_rows& kept, commit& told, std::vector<event_draft> const& events,
                           std::optional<deployment_status> status);

}  // namespace krane
