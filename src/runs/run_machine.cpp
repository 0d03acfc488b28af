// Length: all that a run can become, in one place; a table apart from its steps would be read with them all the same.
#include "runs/run_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <utility>

#include "model/begun.hpp"
#include "model/duration.hpp"
#include "model/reason.hpp"
#include "runs/run_words.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t cleanup_tries = 5;

// How often an action is tried in all, where trying again may help.
std::uint32_t max_tries(action a) {
  switch (a) {
    case action::remove_containers:
    case action::remove_images:
      return 0;  // for ever: a removal goes on by itself
    case action::settle:
      return 0;  // until the engine tells
    case action::stop_serving:
    case action::stop_old:
    case action::remove_old:
    case action::keep_old:
    case action::remove_new:
      return cleanup_tries;
    default:
      return 3;
  }
}

milliseconds pause_before_try(std::uint32_t failed_tries) {
  return milliseconds{std::min(30'000U, 250U << std::min(failed_tries, 10U))};
}

std::string short_hash(image_id const& id) {
  auto const colon = id.str().find(':');
  return id.str().substr(colon == std::string::npos ? 0 : colon + 1, 12);
}

bool is_at_last_replica(run const& r) {
  return r.kind != run_kind::deploy || r.replica + 1 >= r.replicas();
}

bool something_gives_way(run const& r) {
  return !gives_way(r).empty();
}

bool serves(run const& r) {
  if (!is_at_last_replica(r)) return false;
  switch (r.step) {
    case run_step::switched:
    case run_step::settled:
    case run_step::old_removed:
    case run_step::old_kept:
    case run_step::done:
      return true;
    case run_step::old_stopped:
      return r.order == run_order::side_by_side;
    default:
      return false;
  }
}

// It serves, and the release before it can still take over again.
bool is_watched(run const& r) {
  return r.step == run_step::switched && r.settles && is_at_last_replica(r);
}

std::string_view phase_name(action a) {
  return boost::describe::enum_to_string(a, "");
}

class step_to {
public:
  step_to(run const& from, run_step step, time_point now) {
    made_.now = from;
    made_.now.step = step;
    made_.now.attempt = 0;
    made_.now.updated_at = now;
    if (is_end(step)) made_.now.finished_at = now;
  }

  void say(std::string phase, std::string message, event_level level = event_level::info) {
    made_.events.push_back(
        {made_.now.what, made_.now.id, std::move(phase), level, std::move(message), made_.now.updated_at});
  }

  // What the step asks for next is announced in the same commit.
  transition with_announcement() {
    action const next = next_action(made_.now);
    if (std::string text = announcement(made_.now, next); !text.empty())
      say(std::string(phase_name(next)), std::move(text));
    return std::move(made_);
  }

  transition* operator->() { return &made_; }
  run& now() { return made_.now; }

private:
  transition made_;
};

transition finished(run const& r, time_point now) {
  step_to t(r, run_step::done, now);
  if (r.kind == run_kind::remove) {
    t->erase_deployment = true;
    t.say("done", fmt::format("Deployment {} is removed", r.what.name.str()));
    return t.with_announcement();
  }
  if (r.kind == run_kind::stop) {
    t->status = deployment_status::stopped;
    t.say("done", fmt::format("Run {} is done: {} is stopped", r.number, r.container_name()));
    return t.with_announcement();
  }
  if (r.settles && r.settles->has_ended) {
    t->status = deployment_status::ended;
    t.say("done", fmt::format("Run {} is done: {} ran {} and has ended", r.number,
                              r.replicas() > 1 ? r.what.name.str() : r.container_name(), r.image_name().text()));
    return t.with_announcement();
  }
  t->status = deployment_status::running;
  std::string const who = r.replicas() > 1 ? fmt::format("{} replicas of {} serve", r.replicas(), r.what.name.str())
                                           : r.container_name() + " serves";
  t.say("done", fmt::format("Run {} is done: {} {}{}", r.number, who, r.image_name().text(),
                            r.traffic ? "; " + in_words(*r.traffic) : ""));
  return t.with_announcement();
}

// A stop that failed stops nothing; what does not start again is down.
transition ended_in_place(run r, failure why, time_point now) {
  r.why_failed = std::move(why);
  step_to t(r, run_step::failed, now);
  bool const is_stop = r.kind == run_kind::stop;
  t->status = !is_stop        ? deployment_status::down
              : r.was_stopped ? deployment_status::stopped
                              : deployment_status::running;
  t.say("failed",
        fmt::format("Run {} failed: {}{}", r.number, r.why_failed->message,
                    is_stop ? "; it may still serve" : "; nothing serves, and it is tried again"),
        event_level::error);
  return t.with_announcement();
}

transition ended_badly(run const& r, std::optional<run_id> const& serving, time_point now) {
  bool const by_request = r.why_failed && r.why_failed->reason == reason::cancelled;
  step_to t(r, by_request ? run_step::cancelled : run_step::failed, now);
  bool const stopped = serving && r.was_stopped;
  bool const had_ended = serving && r.was_ended;
  t->status = stopped      ? deployment_status::stopped
              : had_ended  ? deployment_status::ended
              : serving    ? deployment_status::running
              : by_request ? deployment_status::idle
                           : deployment_status::failed;
  std::string const left =
      r.kind == run_kind::scale
          ? fmt::format("; {} of {} as before",
                        r.had_replicas == 1 ? "one container serves" : fmt::format("{} replicas serve", r.had_replicas),
                        r.what.name.str())
      : stopped   ? "; the release before it is stopped, as it was"
      : had_ended ? "; the release before it has ended, as it had"
      : serving   ? "; the release before it serves"
                  : "; nothing serves";
  t.say(by_request ? "cancelled" : "failed",
        fmt::format("Run {} {}: {}{}", r.number, by_request ? "is cancelled" : "failed",
                    r.why_failed ? r.why_failed->message : "unknown reason", left),
        by_request ? event_level::warn : event_level::error);
  return t.with_announcement();
}

// Only a create leaves anything to undo, and a deploy sends none before the image is there.
bool has_something_to_undo(run const& r) {
  return r.step != run_step::accepted || (r.kind == run_kind::scale && has_begun(r));
}

transition turned_to_undo(run const& r, failure why, std::optional<run_id> const& serving, time_point now) {
  if (!has_something_to_undo(r)) {
    run broken = r;
    broken.why_failed = std::move(why);
    return ended_badly(broken, serving, now);
  }
  step_to t(r, run_step::failing, now);
  // In one commit with the turn: from here on everybody finds the release before it.
  if (is_watched(r)) t->serving = r.settles->before;
  t.now().why_failed = std::move(why);
  t.say("failing", t.now().why_failed->message, event_level::error);
  return t.with_announcement();
}

// A replica serves, and what it replaces gave way: the next.
transition at_next_replica(run const& r, time_point now) {
  step_to t(r, run_step::pulled, now);
  ++t.now().replica;
  return t.with_announcement();
}

// Cleaning up that does not work out never takes back what serves; the reconciler goes on with it.
transition left_for_later(run const& r, action a, failure const& why, std::optional<run_id> const& serving,
                          time_point now);

transition after_success(run const& r, action a, outcome const& o, std::optional<run_id> const& serving,
                         time_point now) {
  switch (a) {
    case action::pull: {
      step_to t(r, run_step::pulled, now);
      if (o.kept_is_gone) {
        t.now().acts_on.reset();
        t.now().containers.clear();
      }
      t.now().image = o.image;
      t.now().repo_digest = o.repo_digest;
      t.now().fetched = o.fetched;
      t.now().brought = o.brought;
      t.now().through_front = o.through_front;
      t.now().secret_versions = o.secret_versions;
      t.say("pull", fmt::format("{} image {} ({})", o.was_there ? "Found" : "Pulled", r.image_name().text(),
                                o.image ? short_hash(*o.image) : "?"));
      return t.with_announcement();
    }
    case action::create: {
      step_to t(r, run_step::created, now);
      if (!o.containers.empty()) t.now().set_container(r.replica, o.containers.front());
      if (o.volumes) t.now().volumes = o.volumes;
      if (r.replica > 0) return t.with_announcement();
      t.now().replaced = o.replaced;
      t.now().keeps = o.keeps;
      t.now().order = o.order;
      // Known durably before the old one is touched: whoever finds this run later knows what to start again.
      t.now().old_was_stopped =
          o.order == run_order::stop_first && !o.replaced.empty() && !r.was_stopped && !r.was_ended;
      return t.with_announcement();
    }
    case action::stop_old:
      if (r.step == run_step::switched && !is_at_last_replica(r)) return at_next_replica(r, now);
      return step_to(r, run_step::old_stopped, now).with_announcement();
    case action::keep_old: {
      step_to t(r, run_step::old_kept, now);
      if (!o.kept) return t.with_announcement();
      t->warm = warm_release{o.kept->run, o.kept->made_by, now + o.kept->how_long};
      t.say("keep_old", fmt::format("The release before it is kept for {}: going back is one switch",
                                    duration_text(o.kept->how_long)));
      return t.with_announcement();
    }
    case action::stop_serving:
      return step_to(r, run_step::stopped, now).with_announcement();
    case action::start: {
      step_to t(r, run_step::started, now);
      if (!o.containers.empty()) t.now().containers = o.containers;
      if (r.kind == run_kind::scale) t.now().replaced = o.replaced;
      return t.with_announcement();
    }
    case action::check: {
      step_to t(r, run_step::healthy, now);
      t.say("check", fmt::format("{} {}", who_is_checked(r), o.was_seen.empty() ? "works" : o.was_seen));
      return t.with_announcement();
    }
    case action::switch_over: {
      bool const stopped_first = r.order == run_order::stop_first;
      if (!is_at_last_replica(r) && (stopped_first || !something_gives_way(r))) return at_next_replica(r, now);
      step_to t(r, run_step::switched, now);
      // What was stopped for the replicas before it is noted until the last one serves.
      if (!is_at_last_replica(r)) {
        t.now().old_was_stopped = !r.was_stopped && !r.was_ended;
        return t.with_announcement();
      }
      if (r.kind == run_kind::deploy) t->serving = r.id;
      if (r.kind == run_kind::deploy && o.settles_for > milliseconds{0}) {
        // What it did to the old release is noted until it is known that there is no way back to that.
        t.now().settles = settling{now, now + o.settles_for, serving};
        return t.with_announcement();
      }
      t.now().old_was_stopped = false;
      if (r.kind == run_kind::deploy) t->warm = std::optional<warm_release>{};
      return t.with_announcement();
    }
    case action::settle: {
      step_to t(r, run_step::settled, now);
      t.now().old_was_stopped = false;
      t->warm = std::optional<warm_release>{};
      if (t.now().settles) t.now().settles->has_ended = o.has_ended;
      t.say("settle", settled_in_words(t.now()));
      return t.with_announcement();
    }
    case action::remove_old: {
      step_to t(r, run_step::old_removed, now);
      t.say("remove_old",
            r.kind == run_kind::scale ? "Removed the replicas that are too many" : "Removed the release before it");
      return t.with_announcement();
    }
    case action::remove_new:
      return step_to(r, run_step::new_removed, now).with_announcement();
    case action::restart_old: {
      run restored = r;
      restored.old_was_stopped = false;
      return ended_badly(restored, serving, now);
    }
    case action::remove_containers: {
      step_to t(r, run_step::containers_removed, now);
      t.now().volumes = o.volumes;
      return t.with_announcement();
    }
    case action::remove_images:
      return step_to(r, run_step::images_removed, now).with_announcement();
    case action::finish:
      return r.step == run_step::new_removed ? ended_badly(r, serving, now) : finished(r, now);
    case action::none:
      break;
  }
  std::unreachable();
}

transition left_for_later(run const& r, action a, failure const& why, std::optional<run_id> const& serving,
                          time_point now) {
  transition t = after_success(r, a, {}, serving, now);
  t.events.insert(t.events.begin(), {r.what, r.id, std::string(phase_name(a)), event_level::warn,
                                     fmt::format("Cleaning up is left for later: {}", why.message), now});
  return t;
}

}  // namespace

namespace {

action first_action(run_kind kind) {
  switch (kind) {
    case run_kind::deploy:
      return action::pull;
    case run_kind::remove:
      return action::remove_containers;
    case run_kind::stop:
    case run_kind::restart:
      return action::stop_serving;
    case run_kind::start:
    case run_kind::scale:
      return action::start;
  }
  std::unreachable();
}

}  // namespace

std::vector<container_id> gives_way(run const& r) {
  if (r.order == run_order::stop_first || is_at_last_replica(r)) return r.replaced;
  if (r.replica >= r.replaced.size()) return {};
  return {r.replaced[r.replica]};
}

action next_action(run const& r) {
  bool const stop_first = r.order == run_order::stop_first;
  switch (r.step) {
    case run_step::accepted:
      return first_action(r.kind);
    case run_step::pulled:
      return action::create;
    case run_step::created:
      return stop_first && !r.replaced.empty() && r.replica == 0 ? action::stop_old : action::start;
    case run_step::old_stopped:
      return stop_first ? action::start : action::remove_old;
    case run_step::started:
      return action::check;
    case run_step::healthy:
      return action::switch_over;
    case run_step::switched:
      if (is_watched(r)) return action::settle;
      [[fallthrough]];
    case run_step::settled:
      if (!something_gives_way(r)) return action::finish;
      if (stop_first) return action::remove_old;
      return r.keeps && is_at_last_replica(r) ? action::keep_old : action::stop_old;
    case run_step::old_removed:
    case run_step::old_kept:
      return action::finish;
    case run_step::stopped:
      return r.kind == run_kind::stop ? action::finish : action::start;
    case run_step::failing:
      return action::remove_new;
    case run_step::new_removed:
      return r.old_was_stopped ? action::restart_old : action::finish;
    case run_step::containers_removed:
      return action::remove_images;
    case run_step::images_removed:
      return action::finish;
    case run_step::done:
    case run_step::failed:
    case run_step::superseded:
    case run_step::cancelled:
      return action::none;
  }
  std::unreachable();
}

transition advance(run const& r, outcome const& o, std::optional<run_id> const& serving, time_point now) {
  action const a = next_action(r);
  if (!o.failed) {
    run counted = r;
    if (o.traffic) counted.traffic = o.traffic;
    transition t = after_success(counted, a, o, serving, now);
    std::vector<event_draft> notes;
    for (std::string const& note : o.notes)
      notes.push_back({r.what, r.id, std::string(phase_name(a)), event_level::info, note, now});
    t.events.insert(t.events.begin(), notes.begin(), notes.end());
    return t;
  }

  std::uint32_t const tries = r.attempt + 1;
  std::uint32_t const allowed = max_tries(a);
  if (o.worth_retrying && (allowed == 0 || tries < allowed)) {
    transition t{r, {}, {}, {}, {}, false, pause_before_try(r.attempt)};
    t.now.attempt = tries;
    // Said at the first failure and then ever more seldom: a removal may go on for days.
    if ((tries & (tries - 1)) == 0)
      t.events.push_back({r.what, r.id, std::string(phase_name(a)), event_level::warn,
                          fmt::format("{}; trying again", o.failed->message), now});
    return t;
  }
  if (acts_on_what_serves(r.kind) && r.kind != run_kind::scale) return ended_in_place(r, *o.failed, now);
  switch (a) {
    case action::pull:
    case action::create:
    case action::start:
    case action::check:
    case action::switch_over:
    case action::settle:
      return turned_to_undo(r, *o.failed, serving, now);
    case action::stop_old:
      // The old one still serves, or may: nothing is lost by keeping it.
      if (!serves(r)) return turned_to_undo(r, *o.failed, serving, now);
      return left_for_later(r, a, *o.failed, serving, now);
    case action::restart_old: {
      run broken = r;
      broken.why_failed->message +=
          fmt::format("; and the release before it does not start again: {}", o.failed->message);
      transition t = ended_badly(broken, std::nullopt, now);
      t.status = deployment_status::down;
      return t;
    }
    default:
      return left_for_later(r, a, *o.failed, serving, now);
  }
}

transition begin(run const& r, bool after_restart, time_point now) {
  step_to t(r, r.step, now);
  t.now().updated_at = time_of_begin(r, now);
  t->status = r.kind == run_kind::remove ? deployment_status::deleting : deployment_status::deploying;
  if (after_restart)
    t.say("recover",
          fmt::format("Run {} goes on after a restart, from \"{}\"", r.number,
                      boost::describe::enum_to_string(r.step, "")),
          event_level::warn);
  return t.with_announcement();
}

void note_status(run& r, std::optional<deployment_status> status) {
  // Under way already, or about to be: what was noted before counts.
  if (!status || status == deployment_status::deploying) return;
  r.was_stopped = status == deployment_status::stopped;
  r.was_ended = status == deployment_status::ended;
}

bool can_cancel(run const& r) {
  if ((r.kind != run_kind::deploy && r.kind != run_kind::scale) || is_end(r.step)) return false;
  if (r.step == run_step::failing || r.step == run_step::new_removed) return false;
  return !serves(r) || is_watched(r);
}

std::optional<transition> after_outage(run const& r, time_point now) {
  if (next_action(r) != action::check) return std::nullopt;
  bool const starts_at_old_stopped = r.order == run_order::stop_first && !r.replaced.empty() && r.replica == 0;
  run_step const before_start = r.kind == run_kind::restart  ? run_step::stopped
                                : r.kind != run_kind::deploy ? run_step::accepted
                                : starts_at_old_stopped      ? run_step::old_stopped
                                                             : run_step::created;
  return step_to(r, before_start, now).with_announcement();
}

transition cancel(run const& r, std::string message, std::optional<run_id> const& serving, time_point now) {
  return turned_to_undo(r, {reason::cancelled, std::move(message), {}, false, {}}, serving, now);
}

}  // namespace krane
