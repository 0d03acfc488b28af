#include "runs/run_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>
#include <random>
#include <set>

#include "model/reason.hpp"

namespace krane {
namespace {

time_point const now = *parse_rfc3339("2026-01-02T03:04:05Z");

spec a_spec(std::optional<port> host_port = std::nullopt) {
  spec s;
  s.name = deployment_name{"app"};
  s.registry = "docker.io";
  s.image = "a/b";
  s.container_port = 8080;
  s.host_port = host_port;
  return s;
}

run accepted_run(run_kind kind = run_kind::deploy) {
  run r;
  r.id = run_id{"0a1b2c3d"};
  r.number = 7;
  r.kind = kind;
  r.what = a_spec();
  r.tag = "latest";
  return r;
}

outcome success() {
  return {};
}

outcome pulled() {
  outcome o;
  o.image = image_id{"sha256:7177cc313686dad5"};
  return o;
}

outcome created(run_order order, std::vector<container_id> replaced) {
  outcome o;
  o.containers = {container_id{"new"}};
  o.order = order;
  o.replaced = std::move(replaced);
  return o;
}

outcome failure_of(std::string reason, bool retry = false) {
  outcome o;
  o.failed = failure{std::move(reason), "it did not work", {}, false, {}};
  o.worth_retrying = retry;
  return o;
}

outcome outcome_of(action a, run_order order, std::vector<container_id> const& replaced) {
  if (a == action::pull) return pulled();
  if (a == action::create) return created(order, replaced);
  return success();
}

// The steps and actions of a run in which everything works.
struct path {
  std::vector<run_step> steps;
  std::vector<action> actions;
  std::vector<transition> transitions;
};

path walk(run r, run_order order, std::vector<container_id> const& replaced, std::optional<run_id> serving = {}) {
  path p;
  while (!is_end(r.step) && p.actions.size() < 50) {
    action const a = next_action(r);
    p.actions.push_back(a);
    transition t = advance(r, outcome_of(a, order, replaced), serving, now);
    if (t.serving) serving = *t.serving;
    r = t.now;
    p.steps.push_back(r.step);
    p.transitions.push_back(std::move(t));
  }
  return p;
}

run at_step(run_step step, run_order order, std::vector<container_id> replaced) {
  run r = accepted_run();
  for (int i = 0; i < 20 && r.step != step; ++i)
    r = advance(r, outcome_of(next_action(r), order, replaced), std::nullopt, now).now;
  EXPECT_EQ(r.step, step);
  return r;
}

TEST(run_machine, brings_a_first_release_up_without_touching_an_old_one) {
  path const p = walk(accepted_run(), run_order::side_by_side, {});
  EXPECT_EQ(p.actions, (std::vector{action::pull, action::create, action::start, action::check, action::switch_over,
                                    action::finish}));
  EXPECT_EQ(p.steps.back(), run_step::done);
}

TEST(run_machine, keeps_the_old_one_serving_until_the_new_one_is_healthy_when_both_can_run) {
  path const p = walk(accepted_run(), run_order::side_by_side, {container_id{"old"}});
  EXPECT_EQ(p.steps, (std::vector{run_step::pulled, run_step::created, run_step::started, run_step::healthy,
                                  run_step::switched, run_step::old_stopped, run_step::old_removed, run_step::done}));
}

TEST(run_machine, replaces_replicas_one_after_the_other_and_serves_with_the_last) {
  run r = accepted_run();
  r.what.service.replicas = 3;
  path const p = walk(r, run_order::side_by_side, {container_id{"old1"}, container_id{"old2"}});
  std::vector const each{action::create, action::start, action::check, action::switch_over};
  std::vector<action> wanted{action::pull};
  wanted.insert(wanted.end(), each.begin(), each.end());
  wanted.push_back(action::stop_old);
  wanted.insert(wanted.end(), each.begin(), each.end());
  wanted.push_back(action::stop_old);
  wanted.insert(wanted.end(), each.begin(), each.end());
  wanted.insert(wanted.end(), {action::stop_old, action::remove_old, action::finish});
  EXPECT_EQ(p.actions, wanted);
  std::size_t serves = 0;
  for (transition const& t : p.transitions)
    if (t.serving) {
      ++serves;
      EXPECT_EQ(t.now.replica, 2u);
    }
  EXPECT_EQ(serves, 1u);
}

TEST(run_machine, what_gives_way_is_the_replica_that_is_replaced_and_at_last_all) {
  run r = accepted_run();
  r.what.service.replicas = 2;
  r.replaced = {container_id{"old1"}, container_id{"old2"}, container_id{"old3"}};
  EXPECT_EQ(gives_way(r), std::vector{container_id{"old1"}});
  r.replica = 1;
  EXPECT_EQ(gives_way(r), r.replaced);
  r.replica = 0;
  r.order = run_order::stop_first;
  EXPECT_EQ(gives_way(r), r.replaced);
}

TEST(run_machine, starts_the_old_replicas_again_when_a_later_one_breaks) {
  run r = accepted_run();
  r.what.service.replicas = 2;
  std::vector const old{container_id{"old1"}, container_id{"old2"}};
  for (int i = 0; i < 30 && r.replica == 0; ++i)
    r = advance(r, outcome_of(next_action(r), run_order::side_by_side, old), run_id{"0ld"}, now).now;
  ASSERT_EQ(r.step, run_step::pulled);
  EXPECT_TRUE(r.old_was_stopped);
  r = advance(r, failure_of(reason::engine_error), run_id{"0ld"}, now).now;
  EXPECT_EQ(r.step, run_step::failing);
  EXPECT_EQ(next_action(r), action::remove_new);
  r = advance(r, success(), run_id{"0ld"}, now).now;
  EXPECT_EQ(next_action(r), action::restart_old);
  transition const t = advance(r, success(), run_id{"0ld"}, now);
  EXPECT_EQ(t.now.step, run_step::failed);
  EXPECT_EQ(t.status, deployment_status::running);
}

TEST(run_machine, keeps_the_old_one_for_a_while_instead_of_removing_it) {
  run r = at_step(run_step::switched, run_order::side_by_side, {container_id{"old"}});
  r.keeps = run_id{"0ld"};
  EXPECT_EQ(next_action(r), action::keep_old);
  outcome o;
  o.kept = kept_release{run_id{"0ld"}, run_id{"0ldest"}, std::chrono::minutes{5}};
  transition const t = advance(r, o, r.id, now);
  EXPECT_EQ(t.now.step, run_step::old_kept);
  ASSERT_TRUE(t.warm && *t.warm);
  EXPECT_EQ((*t.warm)->until, now + std::chrono::minutes{5});
  EXPECT_EQ((*t.warm)->made_by, run_id{"0ldest"});
  EXPECT_EQ(next_action(t.now), action::finish);
}

TEST(run_machine, a_new_release_ends_what_was_kept_before) {
  run const r = at_step(run_step::healthy, run_order::side_by_side, {container_id{"old"}});
  transition const t = advance(r, success(), std::nullopt, now);
  ASSERT_TRUE(t.warm);
  EXPECT_FALSE(*t.warm);
}

TEST(run_machine, a_scaling_that_fails_takes_back_what_it_made_and_the_release_serves_on) {
  run r = accepted_run(run_kind::scale);
  r.had_replicas = 1;
  r.what.service.replicas = 3;
  EXPECT_EQ(cancel(r, "it was cancelled", run_id{"0ld"}, now).now.step, run_step::cancelled) << "nothing is done yet";
  r = begin(r, false, now).now;
  EXPECT_EQ(next_action(r), action::start);
  transition t = advance(r, failure_of(reason::engine_error), run_id{"0ld"}, now);
  EXPECT_EQ(t.now.step, run_step::failing);
  EXPECT_EQ(next_action(t.now), action::remove_new);
  t = advance(t.now, success(), run_id{"0ld"}, now);
  t = advance(t.now, success(), run_id{"0ld"}, now);
  EXPECT_EQ(t.now.step, run_step::failed);
  EXPECT_EQ(t.status, deployment_status::running);
}

TEST(run_machine, stops_the_old_one_first_when_they_share_a_host_port) {
  path const p = walk(accepted_run(), run_order::stop_first, {container_id{"old"}});
  EXPECT_EQ(p.steps, (std::vector{run_step::pulled, run_step::created, run_step::old_stopped, run_step::started,
                                  run_step::healthy, run_step::switched, run_step::old_removed, run_step::done}));
}

TEST(run_machine, tells_at_the_end_what_became_of_the_connections) {
  run r = at_step(run_step::healthy, run_order::side_by_side, {container_id{"old"}});
  outcome switched;
  switched.traffic = run_traffic{.switched = 10, .held = 2, .longest_wait_ms = 410};
  r = advance(r, switched, {}, now).now;
  outcome drained;
  drained.traffic = *r.traffic;
  drained.traffic->drained = 3;
  drained.traffic->cut = 1;
  r = advance(r, drained, r.id, now).now;
  r = advance(r, success(), r.id, now).now;
  transition const end = advance(r, success(), r.id, now);
  EXPECT_EQ(end.now.traffic, drained.traffic);
  ASSERT_EQ(end.events.size(), 1U);
  EXPECT_THAT(end.events[0].message,
              testing::EndsWith("; switched, 0 refused, 2 held (410 ms at most), 3 drained, 1 cut"));
}

TEST(run_machine, starts_the_old_one_again_when_connections_cannot_be_led_to_the_new_one) {
  run r = at_step(run_step::healthy, run_order::stop_first, {container_id{"old"}});
  ASSERT_TRUE(r.old_was_stopped);
  r = advance(r, failure_of("front_refused"), run_id{"01d01d01"}, now).now;
  EXPECT_EQ(next_action(r), action::remove_new);
  r = advance(r, success(), run_id{"01d01d01"}, now).now;
  EXPECT_EQ(next_action(r), action::restart_old);
}

TEST(run_machine, makes_the_new_release_the_serving_one_exactly_once) {
  for (run_order const order : {run_order::side_by_side, run_order::stop_first}) {
    int switches = 0;
    for (transition const& t : walk(accepted_run(), order, {container_id{"old"}}).transitions)
      if (t.serving) {
        ++switches;
        EXPECT_EQ(*t.serving, run_id{"0a1b2c3d"});
      }
    EXPECT_EQ(switches, 1) << boost::describe::enum_to_string(order, "");
  }
}

TEST(run_machine, starts_the_old_one_again_when_the_new_one_never_answers) {
  run r = at_step(run_step::started, run_order::stop_first, {container_id{"old"}});
  std::optional<run_id> const serving = run_id{"01d01d01"};
  r = advance(r, failure_of(reason::unhealthy), serving, now).now;
  EXPECT_EQ(r.step, run_step::failing);
  EXPECT_EQ(next_action(r), action::remove_new);
  r = advance(r, success(), serving, now).now;
  EXPECT_EQ(next_action(r), action::restart_old);
  transition const end = advance(r, success(), serving, now);
  EXPECT_EQ(end.now.step, run_step::failed);
  EXPECT_EQ(end.now.why_failed->reason, reason::unhealthy);
  EXPECT_EQ(end.status, deployment_status::running);
  EXPECT_FALSE(end.serving) << "a failed run must not change who serves";
}

TEST(run_machine, never_touches_the_old_one_when_a_side_by_side_run_fails) {
  for (run_step const step : {run_step::pulled, run_step::created, run_step::started}) {
    run r = at_step(step, run_order::side_by_side, {container_id{"old"}});
    std::set<action> seen;
    r = advance(r, failure_of(reason::container_exited), run_id{"01d01d01"}, now).now;
    while (!is_end(r.step)) {
      seen.insert(next_action(r));
      r = advance(r, success(), run_id{"01d01d01"}, now).now;
    }
    EXPECT_EQ(seen.count(action::stop_old) + seen.count(action::remove_old) + seen.count(action::restart_old), 0U);
    EXPECT_EQ(r.step, run_step::failed);
  }
}

TEST(run_machine, tells_that_nothing_serves_when_the_first_run_fails) {
  transition const t = advance(accepted_run(), failure_of(reason::image_not_found), std::nullopt, now);
  EXPECT_EQ(t.now.step, run_step::failed);
  EXPECT_EQ(t.status, deployment_status::failed);
  ASSERT_EQ(t.events.size(), 1U);
  EXPECT_EQ(t.events[0].level, event_level::error);
  EXPECT_NE(t.events[0].message.find("nothing serves"), std::string::npos) << t.events[0].message;
}

TEST(run_machine, says_so_when_the_old_one_does_not_start_again) {
  run r = at_step(run_step::started, run_order::stop_first, {container_id{"old"}});
  std::optional<run_id> const serving = run_id{"01d01d01"};
  r = advance(r, failure_of(reason::unhealthy), serving, now).now;
  r = advance(r, success(), serving, now).now;
  transition const end = advance(r, failure_of(reason::port_in_use), serving, now);
  EXPECT_EQ(end.now.step, run_step::failed);
  EXPECT_EQ(end.status, deployment_status::down);
  EXPECT_NE(end.now.why_failed->message.find("does not start again"), std::string::npos) << end.now.why_failed->message;
}

TEST(run_machine, tries_three_times_where_trying_again_may_help_and_then_fails) {
  run r = accepted_run();
  for (int i = 0; i < 2; ++i) {
    transition const t = advance(r, failure_of(reason::registry_unreachable, true), std::nullopt, now);
    EXPECT_TRUE(t.wait) << "try " << i;
    EXPECT_EQ(t.now.step, run_step::accepted);
    r = t.now;
  }
  transition const last = advance(r, failure_of(reason::registry_unreachable, true), std::nullopt, now);
  EXPECT_EQ(last.now.step, run_step::failed);
}

TEST(run_machine, does_not_try_again_what_cannot_help) {
  EXPECT_EQ(advance(accepted_run(), failure_of(reason::image_not_found), std::nullopt, now).now.step, run_step::failed);
}

TEST(run_machine, goes_on_serving_when_cleaning_up_fails) {
  run r = at_step(run_step::switched, run_order::side_by_side, {container_id{"old"}});
  for (int tries = 0; tries < 100 && !is_end(r.step); ++tries)
    r = advance(r, next_action(r) == action::finish ? success() : failure_of(reason::engine_error, true), r.id, now)
            .now;
  EXPECT_EQ(r.step, run_step::done);
}

TEST(run_machine, never_gives_up_a_removal) {
  run r = accepted_run(run_kind::remove);
  for (int i = 0; i < 1'000; ++i) {
    transition const t = advance(r, failure_of(reason::engine_error, true), std::nullopt, now);
    ASSERT_EQ(t.now.step, run_step::accepted);
    ASSERT_TRUE(t.wait);
    EXPECT_LE(*t.wait, std::chrono::seconds{30});
    r = t.now;
  }
}

TEST(run_machine, erases_the_record_only_when_containers_and_images_are_gone) {
  path const p = walk(accepted_run(run_kind::remove), run_order::side_by_side, {});
  EXPECT_EQ(p.actions, (std::vector{action::remove_containers, action::remove_images, action::finish}));
  for (std::size_t i = 0; i + 1 < p.transitions.size(); ++i) EXPECT_FALSE(p.transitions[i].erase_deployment);
  EXPECT_TRUE(p.transitions.back().erase_deployment);
}

TEST(run_machine, undoes_a_cancelled_run_and_calls_it_cancelled) {
  run r = at_step(run_step::started, run_order::side_by_side, {container_id{"old"}});
  ASSERT_TRUE(can_cancel(r));
  r = cancel(r, "it was cancelled on request", run_id{"01d01d01"}, now).now;
  EXPECT_EQ(next_action(r), action::remove_new);
  while (!is_end(r.step)) r = advance(r, success(), run_id{"01d01d01"}, now).now;
  EXPECT_EQ(r.step, run_step::cancelled);
}

TEST(run_machine, cannot_cancel_what_serves_already) {
  EXPECT_FALSE(can_cancel(at_step(run_step::switched, run_order::side_by_side, {container_id{"old"}})));
  EXPECT_FALSE(can_cancel(at_step(run_step::old_stopped, run_order::side_by_side, {container_id{"old"}})));
  EXPECT_FALSE(can_cancel(at_step(run_step::switched, run_order::stop_first, {container_id{"old"}})));
  EXPECT_TRUE(can_cancel(at_step(run_step::old_stopped, run_order::stop_first, {container_id{"old"}})));
}

// Switched, and to be watched.
transition switched_and_watched(run_order order, std::vector<container_id> replaced, std::optional<run_id> serving) {
  outcome o;
  o.settles_for = std::chrono::seconds{3};
  return advance(at_step(run_step::healthy, order, std::move(replaced)), o, serving, now);
}

TEST(run_machine, watches_a_release_before_the_one_before_it_is_let_go) {
  transition t = switched_and_watched(run_order::side_by_side, {container_id{"old"}}, run_id{"01d01d01"});
  ASSERT_TRUE(t.serving);
  EXPECT_EQ(*t.serving, t.now.id) << "it serves meanwhile";
  EXPECT_FALSE(t.warm) << "what was kept before may be gone back to yet";
  ASSERT_TRUE(t.now.settles);
  EXPECT_EQ(t.now.settles->since, now);
  EXPECT_EQ(t.now.settles->until, now + std::chrono::seconds{3});
  EXPECT_EQ(t.now.settles->before, run_id{"01d01d01"});
  EXPECT_EQ(t.events.back().message, "Watching the new release for 3 s");
  EXPECT_EQ(t.events.back().phase, "settle");
  EXPECT_EQ(next_action(t.now), action::settle);
  t = advance(t.now, success(), t.now.id, now);
  EXPECT_EQ(t.now.step, run_step::settled);
  ASSERT_TRUE(t.warm);
  EXPECT_EQ(next_action(t.now), action::stop_old);
  EXPECT_FALSE(can_cancel(t.now));
}

TEST(run_machine, goes_back_in_one_commit_when_a_watched_release_does_not_hold) {
  for (auto const order : {run_order::side_by_side, run_order::stop_first}) {
    transition t = switched_and_watched(order, {container_id{"old"}}, run_id{"01d01d01"});
    t = advance(t.now, failure_of(reason::container_exited), t.now.id, now);
    EXPECT_EQ(t.now.step, run_step::failing);
    ASSERT_TRUE(t.serving);
    EXPECT_EQ(*t.serving, run_id{"01d01d01"});
    EXPECT_EQ(next_action(t.now), action::remove_new);
    t = advance(t.now, success(), run_id{"01d01d01"}, now);
    EXPECT_EQ(next_action(t.now), order == run_order::stop_first ? action::restart_old : action::finish);
    t = advance(t.now, success(), run_id{"01d01d01"}, now);
    EXPECT_EQ(t.now.step, run_step::failed);
    EXPECT_EQ(t.status, deployment_status::running);
  }
}

TEST(run_machine, can_cancel_a_release_that_is_watched) {
  transition t = switched_and_watched(run_order::side_by_side, {container_id{"old"}}, run_id{"01d01d01"});
  ASSERT_TRUE(can_cancel(t.now));
  t = cancel(t.now, "on request", t.now.id, now);
  EXPECT_EQ(t.serving, std::optional(std::optional(run_id{"01d01d01"})));
}

// Of a krane that did not watch.
TEST(run_machine, goes_on_from_a_switch_that_says_nothing_of_watching) {
  run r = at_step(run_step::switched, run_order::side_by_side, {container_id{"old"}});
  EXPECT_FALSE(r.settles);
  EXPECT_EQ(next_action(r), action::stop_old);
}

TEST(run_machine, starts_again_what_was_being_checked_when_the_engine_went_away) {
  for (auto const order : {run_order::side_by_side, run_order::stop_first}) {
    run const r = at_step(run_step::started, order, {container_id{"old"}});
    auto const again = after_outage(r, now);
    ASSERT_TRUE(again);
    EXPECT_EQ(next_action(again->now), action::start);
  }
  for (auto const kind : {run_kind::start, run_kind::restart, run_kind::scale}) {
    run r = accepted_run(kind);
    r.step = run_step::started;
    auto const again = after_outage(r, now);
    ASSERT_TRUE(again);
    EXPECT_EQ(next_action(again->now), action::start);
  }
  EXPECT_FALSE(after_outage(accepted_run(), now)) << "a pull is tried again as it is";
}

TEST(run_machine, announces_the_pull_with_the_full_name_of_the_image) {
  transition const t = begin(accepted_run(), false, now);
  ASSERT_EQ(t.events.size(), 1U);
  EXPECT_EQ(t.events[0].message, "Pulling image docker.io/a/b:latest");
  EXPECT_EQ(t.events[0].phase, "pull");
  EXPECT_EQ(t.status, deployment_status::deploying);
}

TEST(run_machine, stops_and_starts_what_serves_without_anything_new) {
  struct row {
    run_kind kind;
    std::vector<action> actions;
    std::vector<run_step> steps;
    deployment_status status;
  };
  std::vector<row> const rows{
      {run_kind::stop,
       {action::stop_serving, action::finish},
       {run_step::stopped, run_step::done},
       deployment_status::stopped},
      {run_kind::start,
       {action::start, action::check, action::switch_over, action::finish},
       {run_step::started, run_step::healthy, run_step::switched, run_step::done},
       deployment_status::running},
      {run_kind::restart,
       {action::stop_serving, action::start, action::check, action::switch_over, action::finish},
       {run_step::stopped, run_step::started, run_step::healthy, run_step::switched, run_step::done},
       deployment_status::running},
  };
  for (row const& one : rows) {
    run r = accepted_run(one.kind);
    r.acts_on = run_id{"01d01d01"};
    path const p = walk(r, run_order::side_by_side, {}, r.acts_on);
    std::string const name = boost::describe::enum_to_string(one.kind, "");
    EXPECT_EQ(p.actions, one.actions) << name;
    EXPECT_EQ(p.steps, one.steps) << name;
    EXPECT_EQ(p.transitions.back().status, one.status) << name;
    for (transition const& t : p.transitions) EXPECT_FALSE(t.serving) << name << " changed who serves";
  }
}

TEST(run_machine, says_what_a_failed_stop_or_start_leaves) {
  struct row {
    run_kind kind;
    run_step at;
    bool was_stopped;
    deployment_status status;
  };
  for (row const& one : {row{run_kind::stop, run_step::accepted, false, deployment_status::running},
                         row{run_kind::stop, run_step::accepted, true, deployment_status::stopped},
                         row{run_kind::start, run_step::accepted, true, deployment_status::down},
                         row{run_kind::start, run_step::started, true, deployment_status::down},
                         row{run_kind::restart, run_step::stopped, false, deployment_status::down},
                         row{run_kind::restart, run_step::healthy, false, deployment_status::down}}) {
    run r = accepted_run(one.kind);
    r.acts_on = run_id{"01d01d01"};
    r.was_stopped = one.was_stopped;
    r.step = one.at;
    transition const t = advance(r, failure_of(reason::unhealthy), r.acts_on, now);
    EXPECT_EQ(t.now.step, run_step::failed) << "nothing is undone";
    EXPECT_EQ(t.status, one.status);
    EXPECT_EQ(t.now.why_failed->reason, reason::unhealthy);
    EXPECT_FALSE(can_cancel(r));
  }
}

TEST(run_machine, leaves_stopped_what_was_stopped_before_a_run_that_fails) {
  std::optional<run_id> const serving = run_id{"01d01d01"};
  for (run_order const order : {run_order::side_by_side, run_order::stop_first}) {
    run r = accepted_run();
    note_status(r, deployment_status::stopped);
    while (r.step != run_step::started)
      r = advance(r, outcome_of(next_action(r), order, {container_id{"old"}}), serving, now).now;
    transition t = advance(r, failure_of(reason::unhealthy), serving, now);
    while (!is_end(t.now.step)) {
      EXPECT_NE(next_action(t.now), action::restart_old);
      t = advance(t.now, success(), serving, now);
    }
    EXPECT_EQ(t.now.step, run_step::failed);
    EXPECT_EQ(t.status, deployment_status::stopped);
  }
}

TEST(run_machine, knows_from_the_status_whether_it_was_stopped_and_keeps_what_it_knows_under_way) {
  run r = accepted_run();
  note_status(r, deployment_status::stopped);
  EXPECT_TRUE(r.was_stopped);
  note_status(r, deployment_status::deploying);
  EXPECT_TRUE(r.was_stopped);
  note_status(r, deployment_status::running);
  EXPECT_FALSE(r.was_stopped);
}

// Any order of successes, failures, retries, cancels and restarts: it ends, an end stays an end, a failed run never
// became the serving one, and an old one that we stopped is started again.
TEST(run_machine, keeps_its_promises_in_random_orders_of_outcomes) {
  std::mt19937 random(4711);
  for (int round = 0; round < 4'000; ++round) {
    auto const order = random() % 2 == 0 ? run_order::side_by_side : run_order::stop_first;
    std::vector<container_id> replaced;
    if (random() % 3 != 0) replaced.emplace_back("old");
    std::optional<run_id> serving;
    if (!replaced.empty()) serving = run_id{"01d01d01"};
    auto const before = serving;
    run r = accepted_run();
    bool old_runs = !replaced.empty();
    bool new_exists = false;
    int steps = 0;
    while (!is_end(r.step)) {
      ASSERT_LT(++steps, 200) << "it does not end";
      transition t;
      if (random() % 20 == 0 && can_cancel(r)) {
        t = cancel(r, "on request", serving, now);
      } else if (random() % 10 == 0) {
        t = begin(r, true, now);
        ASSERT_EQ(t.now.step, r.step) << "a restart moves nothing";
      } else {
        action const a = next_action(r);
        bool const fails = a != action::finish && a != action::switch_over && random() % 5 == 0;
        if (a == action::create) new_exists = true;
        if (a == action::stop_old) old_runs = false;
        if (!fails && a == action::remove_new) new_exists = false;
        if (!fails && a == action::restart_old) old_runs = true;
        outcome o = fails ? failure_of("any", random() % 2 == 0) : outcome_of(a, order, replaced);
        if (a == action::switch_over && random() % 2 == 0) o.settles_for = std::chrono::seconds{3};
        t = advance(r, o, serving, now);
      }
      if (t.serving) serving = *t.serving;
      r = t.now;
      ASSERT_EQ(is_end(r.step), r.finished_at.has_value());
    }
    if (r.step == run_step::done) {
      EXPECT_EQ(serving, r.id);
    } else {
      EXPECT_EQ(serving, before) << "a failed run changed who serves";
      ASSERT_TRUE(r.why_failed);
      bool const told = r.why_failed->message.find("does not start again") != std::string::npos;
      EXPECT_TRUE(replaced.empty() || old_runs || told) << "the old one was left stopped without a word";
    }
    (void)new_exists;
  }
}

}  // namespace
}  // namespace krane
