#include <utility>

#include "base/scrubber.hpp"
#include "store/answer_rows.hpp"
#include "store/deployment_rows.hpp"
#include "store/secret_rows.hpp"
#include "store/session_rows.hpp"
#include "store/sqlite_store.hpp"

namespace krane {
namespace {

// Whoever tells of something may quote what an engine or a container said, and that may hold a secret.
void scrub(scrubber const* hides, std::vector<event_draft>& events) {
  if (hides == nullptr || !hides->hides_anything()) return;
  for (event_draft& one : events) one.message = hides->clean(std::move(one.message));
}

void scrub(scrubber const* hides, std::optional<failure>& why) {
  if (hides == nullptr || !hides->hides_anything() || !why) return;
  why->message = hides->clean(std::move(why->message));
  for (std::string& line : why->output) line = hides->clean(std::move(line));
}

}  // namespace

task<deployment_store::put_outcome> sqlite_deployments::put(spec wanted, bool create_only, time_point now,
                                                            std::optional<std::uint64_t> if_release,
                                                            std::optional<answer_to_keep<put_outcome>> keep,
                                                            std::optional<spec> expected) {
  co_return co_await thread_.write<put_outcome>([&kept = kept_, wanted = std::move(wanted), create_only, now,
                                                 if_release, keep = std::move(keep),
                                                 expected = std::move(expected)](database& db, commit& told) {
    if (expected)
      if (auto const same = check_config(db, *expected); !same) return result<put_outcome>(same.error());
    if (!keep) return put_deployment(db, told, wanted, create_only, now, if_release);
    if (auto fresh = check_unanswered(db, keep->under, now); !fresh) return result<put_outcome>(fresh.error());
    auto outcome = put_deployment(db, told, wanted, create_only, now, if_release);
    if (outcome) insert_answer(db, keep->under, keep->make(*outcome), kept.answers, now);
    return outcome;
  });
}

task<run_store::accept_outcome> sqlite_runs::accept_now(run_request wanted) {
  co_return co_await thread_.write<accept_outcome>(
      [&kept = kept_, wanted = std::move(wanted)](database& db, commit& told) {
        return accept_run(db, kept, told, wanted);
      });
}

task<run_store::accept_outcome> sqlite_runs::accept(deployment_name name, run_kind kind, std::optional<std::string> tag,
                                                    std::optional<run_id> under_way, time_point now,
                                                    std::optional<std::uint64_t> if_release,
                                                    std::optional<answer_to_keep<run>> keep) {
  run_request wanted{.name = std::move(name),
                     .kind = kind,
                     .tag = std::move(tag),
                     .if_release = if_release,
                     .under_way = std::move(under_way),
                     .now = now,
                     .keep = std::move(keep)};
  return accept_now(std::move(wanted));
}

task<run_store::accept_outcome> sqlite_runs::restore(deployment_name name, std::optional<std::uint64_t> release,
                                                     std::optional<run_id> under_way, time_point now,
                                                     std::optional<answer_to_keep<run>> keep) {
  run_request wanted{.name = std::move(name),
                     .goes_back = true,
                     .release = release,
                     .under_way = std::move(under_way),
                     .now = now,
                     .keep = std::move(keep)};
  return accept_now(std::move(wanted));
}

task<run_store::accept_outcome> sqlite_runs::scale(deployment_name name, std::uint32_t replicas,
                                                   std::optional<run_id> under_way, time_point now,
                                                   std::optional<answer_to_keep<run>> keep) {
  run_request wanted{.name = std::move(name),
                     .kind = run_kind::scale,
                     .replicas = replicas,
                     .under_way = std::move(under_way),
                     .now = now,
                     .keep = std::move(keep)};
  return accept_now(std::move(wanted));
}

task<void> sqlite_runs::save(change what) {
  scrub(hides_, what.events);
  scrub(hides_, what.now.why_failed);
  co_return co_await thread_.write<void>(
      [&kept = kept_, what = std::move(what)](database& db, commit& told) { return save_run(db, kept, told, what); });
}

task<run> sqlite_runs::request_cancel(deployment_name name, run_id id, time_point now,
                                      std::optional<answer_to_keep<run>> keep) {
  run_request wanted{.name = std::move(name), .under_way = std::nullopt, .now = now, .keep = std::move(keep)};
  co_return co_await thread_.write<run>(
      [&kept = kept_, wanted = std::move(wanted), id = std::move(id)](database& db, commit&) {
        return request_run_cancel(db, kept, wanted, id);
      });
}

task<std::vector<run>> sqlite_runs::request_cancel_all(deployment_name name, time_point now,
                                                       std::optional<answer_of_runs_to_keep> keep) {
  co_return co_await thread_.write<std::vector<run>>(
      [&kept = kept_, name = std::move(name), now, keep = std::move(keep)](database& db, commit&) {
        return request_cancel_of_all(db, kept, name, now, keep);
      });
}

task<std::vector<run>> sqlite_runs::unfinished() {
  co_return co_await thread_.read<std::vector<run>>(
      [](database& db) -> result<std::vector<run>> { return unfinished_runs(db); });
}

task<std::vector<run>> sqlite_runs::serving() {
  co_return co_await thread_.read<std::vector<run>>(
      [](database& db) -> result<std::vector<run>> { return serving_runs(db); });
}

task<std::optional<run>> sqlite_runs::find(run_id id) {
  co_return co_await thread_.read<std::optional<run>>(
      [id = std::move(id)](database& db) -> result<std::optional<run>> { return find_run(db, id); });
}

task<std::optional<run>> sqlite_runs::find(deployment_name name, std::uint64_t number) {
  co_return co_await thread_.read<std::optional<run>>(
      [name = std::move(name), number](database& db) -> result<std::optional<run>> {
        return find_run(db, name, number);
      });
}

task<std::vector<run>> sqlite_runs::releases(deployment_name name, std::size_t limit) {
  co_return co_await thread_.read<std::vector<run>>(
      [name = std::move(name), limit](database& db) -> result<std::vector<run>> {
        return newest_releases(db, name, limit);
      });
}

task<std::vector<run>> sqlite_runs::list(deployment_name name, std::size_t limit) {
  co_return co_await thread_.read<std::vector<run>>(
      [name = std::move(name), limit](database& db) -> result<std::vector<run>> {
        return newest_runs(db, name, limit);
      });
}

task<void> sqlite_deployments::note_restarts(deployment_name name, std::uint64_t restarts) {
  co_return co_await thread_.write<void>([name = std::move(name), restarts](database& db, commit& told) {
    return krane::note_restarts(db, told, name, restarts);
  });
}

task<void> sqlite_events::append(std::vector<event_draft> events, std::optional<deployment_status> status) {
  scrub(hides_, events);
  co_return co_await thread_.write<void>(
      [&kept = kept_, events = std::move(events), status](database& db, commit& told) {
        return append_events(db, kept, told, events, status);
      });
}

task<std::vector<event>> sqlite_events::after(deployment_name name, std::uint64_t id, std::size_t limit) {
  co_return co_await thread_.read<std::vector<event>>(
      [name = std::move(name), id, limit](database& db) -> result<std::vector<event>> {
        return events_after(db, name, id, limit);
      });
}

task<std::uint64_t> sqlite_events::pruned_up_to(deployment_name name) {
  co_return co_await thread_.read<std::uint64_t>(
      [name = std::move(name)](database& db) -> result<std::uint64_t> { return events_pruned_to(db, name); });
}

task<std::vector<event>> sqlite_events::latest(deployment_name name, std::size_t limit) {
  co_return co_await thread_.read<std::vector<event>>(
      [name = std::move(name), limit](database& db) -> result<std::vector<event>> {
        return latest_events(db, name, limit);
      });
}

task<std::uint64_t> sqlite_events::last_before(time_point time) {
  co_return co_await thread_.read<std::uint64_t>(
      [time](database& db) -> result<std::uint64_t> { return last_event_before(db, time); });
}

task<void> sqlite_sessions::insert(session s) {
  co_return co_await thread_.write<void>([s = std::move(s)](database& db, commit&) -> result<void> {
    insert_session(db, s);
    return {};
  });
}

task<void> sqlite_sessions::erase(std::vector<session_id> ids) {
  co_return co_await thread_.write<void>([ids = std::move(ids)](database& db, commit&) -> result<void> {
    for (auto const& id : ids) erase_session(db, id);
    return {};
  });
}

task<std::vector<session>> sqlite_sessions::all() {
  co_return co_await thread_.read<std::vector<session>>(
      [](database& db) -> result<std::vector<session>> { return load_sessions(db); });
}

task<std::vector<std::uint64_t>> sqlite_secrets::insert(sealed_secret s) {
  co_return co_await thread_.write<std::vector<std::uint64_t>>(
      [s = std::move(s)](database& db, commit&) { return insert_secret(db, s); });
}

task<void> sqlite_secrets::erase(std::string scope, std::string key, time_point now) {
  co_return co_await thread_.write<void>(
      [scope = std::move(scope), key = std::move(key), now](database& db, commit&) -> result<void> {
        erase_secret(db, scope, key, now);
        return {};
      });
}

task<std::optional<kept_answer>> sqlite_answers::find(request_hash key, time_point now) {
  co_return co_await thread_.read<std::optional<kept_answer>>(
      [key, now](database& db) -> result<std::optional<kept_answer>> { return find_answer(db, key, now); });
}

task<void> sqlite_answers::insert(kept_answer what, time_point now) {
  co_return co_await thread_.write<void>(
      [&kept = kept_, what = std::move(what), now](database& db, commit&) -> result<void> {
        if (auto fresh = check_unanswered(db, what.under, now); !fresh) return fresh;
        insert_answer(db, what.under, what.answer, kept.answers, now);
        return {};
      });
}

task<std::vector<sealed_secret>> sqlite_secrets::all() {
  co_return co_await thread_.read<std::vector<sealed_secret>>(
      [](database& db) -> result<std::vector<sealed_secret>> { return load_secrets(db); });
}

}  // namespace krane
