#include "store/run_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/begun.hpp"
#include "model/reason.hpp"
#include "model/release.hpp"
#include "store/answer_rows.hpp"
#include "store/deployment_rows.hpp"
#include "store/row_values.hpp"
#include "store/secret_rows.hpp"

namespace krane {
namespace {

error no_deployment(deployment_name const& name) {
  return make_error(errc::not_found, fmt::format("there is no deployment {}", name.str()));
}

error no_run(deployment_name const& name, run_id const& id) {
  return make_error(errc::not_found, fmt::format("deployment {} has no run {}", name.str(), id.str()));
}

error has_ended(run const& r, run_step as) {
  return make_error(errc::conflict, "run_ended",
                    fmt::format("run {} of {} has ended already ({})", r.number, r.what.name.str(), to_word(as)));
}

// A run ends once. What has ended may still be saved as it ended: its containers change while it serves.
bool ends_again(run_store::change const& what, run_step ended_as) {
  if (what.now.step != ended_as) return true;
  return std::ranges::any_of(
      what.events, [&](event_draft const& one) { return one.run == what.now.id && one.phase == to_word(ended_as); });
}

event_draft draft_of(deployment const& d, run const& r, run_step phase, std::string message, time_point at) {
  return {.what = d.config,
          .run = r.id,
          .phase = std::string(to_word(phase)),
          .level = event_level::info,
          .message = std::move(message),
          .at = at};
}

std::string accepted_text(run const& r) {
  if (r.restores)
    return fmt::format("Run {} accepted: back to release {}, {}", r.number, *r.restores, r.image_name().text());
  if (r.kind == run_kind::deploy) return fmt::format("Run {} accepted: {}", r.number, r.image_name().text());
  if (r.kind == run_kind::scale)
    return fmt::format("Run {} accepted: scale {} from {} to {}", r.number, r.what.name.str(), r.had_replicas,
                       r.replicas());
  return fmt::format("Run {} accepted: {} {}", r.number, to_word(r.kind), r.what.name.str());
}

run new_run(database& db, deployment const& d, run_request const& wanted) {
  run r;
  r.id = free_run_id(db);
  r.number = take_run_number(db, wanted.name);
  r.kind = wanted.kind;
  r.what = d.config;
  if (wanted.kind == run_kind::deploy) {
    r.tag = d.config.image_for(wanted.tag).tag;
  }
  r.accepted_at = wanted.now;
  r.updated_at = wanted.now;
  return r;
}

// The release that is to be brought back.
result<run> wanted_release(database& db, deployment const& d, run_request const& wanted) {
  auto const& name = wanted.name;
  if (!wanted.release) {
    auto before = release_before(newest_releases(db, name, releases_to_look_at), d.serving);
    if (before) return std::move(*before);
    return make_error(errc::conflict, reason::nothing_to_roll_back_to,
                      fmt::format("no other release of {} served before {}; krane history {} lists them", name.str(),
                                  d.serving ? "the one that serves" : "now", name.str()));
  }
  auto found = find_run(db, name, *wanted.release);
  if (!found || found->kind != run_kind::deploy)
    return make_error(errc::not_found, fmt::format("{} has no release {}", name.str(), *wanted.release));
  auto const state = state_of_release(*found, d.serving);
  if (state == release_state::served || state == release_state::serving) return std::move(*found);
  return make_error(errc::conflict, reason::release_not_good,
                    fmt::format("release {} of {} never served ({}), so it is nothing to go back to; choose one that "
                                "served",
                                found->number, name.str(), to_word(state)));
}

// What it was then, without what became of it.
void make_it_restore(run& r, run const& release) {
  r.restores = release.number;
  r.tag = release.tag;
  r.image = release.image;
  r.repo_digest = release.repo_digest;
  r.secret_versions = release.secret_versions;
}

// If the release's container is kept yet, it is what is gone back to.
void go_back_at_once(database& db, run& r, run const& release, warm_release const& warm) {
  if (warm.until <= r.accepted_at) return;
  auto const kept = find_run(db, warm.run);
  if (!kept || !have_same_content(*kept, release)) return;
  r.acts_on = warm.made_by;
  r.containers = kept->containers;
  r.through_front = kept->through_front;
}

std::vector<run> supersede(database& db, kept_rows& kept, std::vector<run> waiting, run_request const& wanted,
                           run const& by) {
  std::erase_if(waiting, [&](run const& r) { return has_begun(r) || r.id == wanted.under_way; });
  for (auto& old : waiting) {
    old.step = run_step::superseded;
    old.why_failed = failure{.reason = reason::superseded,
                             .message = fmt::format("run {} was accepted before this one began", by.number),
                             .exit_code = std::nullopt,
                             .oom_killed = false,
                             .output = {}};
    old.updated_at = wanted.now;
    old.finished_at = wanted.now;
    update_run(db, old);
    prune_runs(db, kept.runs, wanted.name);
  }
  return waiting;
}

// A deployment's status, and what serves; told of only if it is not so already, or if a run of it `moved`. `saved`: a
// run that may be what serves.
void change_deployment(database& db, commit& told, deployment d, std::optional<deployment_status> status,
                       std::optional<std::optional<run_id>> const& serving, run const* saved = nullptr,
                       std::optional<std::optional<warm_release>> const& warm = {}, bool moved = false) {
  auto const before = d;
  // Whatever a run that is being undone reports: there is no way back from a removal.
  if (status && before.status != deployment_status::deleting) d.status = *status;
  if (serving) d.serving = *serving;
  if (warm) d.warm = *warm;
  // What is looked for at the engine, and seen without reading runs.
  auto const note = [&](run const& of) {
    d.made_by = of.acts_on;
    d.replicas = of.replicas();
  };
  if (saved != nullptr && d.serving == saved->id) note(*saved);
  // Back to the release before it.
  if (serving && *serving && (saved == nullptr || **serving != saved->id))
    if (auto const found = find_run(db, **serving)) note(*found);
  if (serving && !*serving) {
    d.made_by.reset();
    d.replicas = 1;
  }
  bool const same = d == before;
  // A run that moved is told of with its deployment.
  if (same && !moved) return;
  if (!same) update_deployment_row(db, d);
  if (d.serving != before.serving) update_restarts(db, d.config.name, 0);
  if (!d.trouble.empty())
    if (auto known = find_deployment_row(db, d.config.name)) d = std::move(*known);  // it may be readable now
  add_notes(db, d);
  told.changed.push_back(std::move(d));
}

void ask_to_cancel(database& db, run& r, time_point now) {
  if (r.cancel_requested) return;
  r.cancel_requested = true;
  if (has_begun(r)) r.updated_at = now;
  update_run(db, r);
}

result<void> check_fresh(database& db, run_request const& wanted) {
  if (!wanted.keep) return {};
  return check_unanswered(db, wanted.keep->under, wanted.now);
}

void keep_answer(database& db, kept_rows const& kept, run_request const& wanted, run const& told) {
  if (wanted.keep) insert_answer(db, wanted.keep->under, wanted.keep->make(told), kept.answers, wanted.now);
}

}  // namespace

result<run_store::accept_outcome> accept_run(database& db, kept_rows& kept, commit& told, run_request const& wanted) {
  if (auto fresh = check_fresh(db, wanted); !fresh) return fresh.error();
  auto d = find_deployment_row(db, wanted.name);
  if (!d) return no_deployment(wanted.name);
  auto unfinished = unfinished_runs_of(db, wanted.name);
  if (wanted.kind == run_kind::remove) {
    auto const removal = std::ranges::find(unfinished, run_kind::remove, &run::kind);
    if (removal != unfinished.end()) return run_store::accept_outcome{*removal, {}};
  } else if (d->status == deployment_status::deleting) {
    return make_error(errc::conflict, reason::deployment_deleting,
                      fmt::format("deployment {} is being deleted; it takes no more runs", wanted.name.str()));
  }

  if (wanted.kind != run_kind::remove && !wanted.goes_back && !d->has_config())
    return make_error(errc::conflict, reason::deployment_unreadable,
                      fmt::format("{} cannot be run: {}", wanted.name.str(), d->trouble));
  // With them goes what made it unreadable to those who keep a copy.
  if (end_unreadable_runs(db, wanted.name)) told.changed.push_back(*d);
  if (wanted.if_release)
    if (auto const same = check_serving(db, wanted.name, d, *wanted.if_release); !same) return same.error();
  std::optional<run> release;
  if (wanted.goes_back) {
    auto found = wanted_release(db, *d, wanted);
    if (!found) return found.error();
    release = std::move(*found);
    auto stored = put_deployment(db, told, release_config(*release), false, wanted.now);
    if (!stored) return stored.error();
    d = std::move(stored->now);
  }
  if (wanted.replicas) {
    if (d->serving && d->status == deployment_status::stopped)
      return make_error(errc::conflict, reason::nothing_serves,
                        fmt::format("{} is stopped, so there is nothing to scale; krane start {} starts it",
                                    wanted.name.str(), wanted.name.str()));
    if (d->serving) {
      spec config = d->config;
      config.service.replicas = *wanted.replicas;
      auto stored = put_deployment(db, told, config, false, wanted.now);
      if (!stored) return stored.error();
      d = std::move(stored->now);
    }
  }
  std::optional<run> serving;
  if (acts_on_what_serves(wanted.kind)) {
    if (d->serving) serving = find_run(db, *d->serving);
    if (!serving && d->serving)
      return make_error(
          errc::conflict, reason::deployment_unreadable,
          fmt::format("the release of {} that serves cannot be read; deploy it again", wanted.name.str()));
    if (!serving)
      return make_error(errc::conflict, reason::nothing_serves,
                        fmt::format("{} never came up, so there is nothing to {}; krane run {} brings it up",
                                    wanted.name.str(), to_word(wanted.kind), wanted.name.str()));
  }
  run_store::accept_outcome outcome{new_run(db, *d, wanted), {}};
  auto& accepted = outcome.accepted;
  if (release) make_it_restore(accepted, *release);
  if (serving) act_on(accepted, *serving);
  if (release && d->warm) go_back_at_once(db, accepted, *release, *d->warm);
  accepted.was_stopped = d->status == deployment_status::stopped || std::ranges::any_of(unfinished, [](run const& r) {
                           return r.step == run_step::accepted && r.was_stopped;
                         });
  accepted.was_ended = d->status == deployment_status::ended || std::ranges::any_of(unfinished, [](run const& r) {
                         return r.step == run_step::accepted && r.was_ended;
                       });
  if (auto inserted = insert_run(db, accepted); !inserted) return inserted.error();
  if (wanted.kind != run_kind::scale)  // a deploy that waits has other work to do
    outcome.superseded = supersede(db, kept, std::move(unfinished), wanted, accepted);

  std::vector<event_draft> events;
  events.push_back(draft_of(*d, accepted, run_step::accepted, accepted_text(accepted), wanted.now));
  for (auto const& old : outcome.superseded)
    events.push_back(draft_of(*d, old, run_step::superseded,
                              fmt::format("Run {} superseded by run {}", old.number, accepted.number), wanted.now));
  insert_events(db, kept.events, told, events);
  change_deployment(db, told, *d,
                    wanted.kind == run_kind::remove ? deployment_status::deleting : deployment_status::deploying,
                    std::nullopt, nullptr, {}, true);
  keep_answer(db, kept, wanted, accepted);
  return outcome;
}

result<void> save_run(database& db, kept_rows& kept, commit& told, run_store::change const& what) {
  auto const& name = what.now.what.name;
  auto d = find_deployment_row(db, name);
  if (!d) return no_deployment(name);
  auto const before = find_run_step(db, what.now.id);
  if (!before) return no_run(name, what.now.id);
  if (is_end(*before) && ends_again(what, *before)) return has_ended(what.now, *before);
  update_run(db, what.now);
  // Events of what is erased get their ids and are told of all the same: those who follow it see how it ended.
  insert_events(db, kept.events, told, what.events);
  if (what.erase_deployment) {
    erase_events(db, kept.events, name);
    erase_runs(db, kept.runs, name);
    erase_secrets_of(db, name);
    erase_deployment_row(db, name);
    told.erased.push_back(name);
    return {};
  }
  change_deployment(db, told, std::move(*d), what.status, what.serving, &what.now, what.warm, true);
  if (is_end(what.now.step)) prune_runs(db, kept.runs, name);
  return {};
}

result<run> request_run_cancel(database& db, kept_rows const& kept, run_request const& wanted, run_id const& id) {
  auto const& name = wanted.name;
  if (auto fresh = check_fresh(db, wanted); !fresh) return fresh.error();
  auto found = find_run(db, id);
  if (!found || found->what.name != name) return no_run(name, id);
  if (is_end(found->step)) return has_ended(*found, found->step);
  ask_to_cancel(db, *found, wanted.now);
  keep_answer(db, kept, wanted, *found);
  return std::move(*found);
}

result<std::vector<run>> request_cancel_of_all(database& db, kept_rows const& kept, deployment_name const& name,
                                               time_point now, std::optional<answer_of_runs_to_keep> const& keep) {
  if (keep)
    if (auto fresh = check_unanswered(db, keep->under, now); !fresh) return fresh.error();
  auto const d = find_deployment_row(db, name);
  if (!d) return no_deployment(name);
  if (d->status == deployment_status::deleting)
    return make_error(errc::conflict, reason::deployment_deleting,
                      fmt::format("deployment {} is being deleted, which cannot be cancelled", name.str()));
  auto asked = unfinished_runs_of(db, name);
  if (asked.empty())
    return make_error(errc::conflict, reason::no_run_under_way, fmt::format("no run of {} is under way", name.str()));
  for (run& one : asked) ask_to_cancel(db, one, now);
  std::ranges::reverse(asked);
  if (keep) insert_answer(db, keep->under, keep->make(asked), kept.answers, now);
  return asked;
}

result<void> append_events(database& db, kept_rows& kept, commit& told, std::vector<event_draft> const& events,
                           std::optional<deployment_status> status) {
  if (events.empty()) return {};
  auto const& name = events.front().what.name;
  auto d = find_deployment_row(db, name);
  // What is gone keeps no events: nobody would ever take them away.
  if (!d) return no_deployment(name);
  insert_events(db, kept.events, told, events);
  change_deployment(db, told, std::move(*d), status, std::nullopt);
  return {};
}

}  // namespace krane
