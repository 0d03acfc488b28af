#include "model/begun.hpp"
#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class runs_test : public store_test {
protected:
  deployment_name const app{"app"};

  run_store::change step(run now, run_step to, std::string message) {
    now.step = to;
    now.updated_at = at(5);
    if (is_end(to)) now.finished_at = at(5);
    event_draft said = draft(now.what, std::move(message), at(5));
    said.run = now.id;
    return {.now = std::move(now), .events = {said}, .status = {}, .serving = {}};
  }
};

TEST_F(runs_test, an_accepted_run_has_its_number_the_spec_as_it_was_and_an_event) {
  open();
  put(spec_of("app", port{9002}));
  auto const first = accept("app");
  EXPECT_EQ(first.number, 1u);
  EXPECT_EQ(first.what, spec_of("app", port{9002}));
  EXPECT_EQ(first.tag, "latest");
  EXPECT_EQ(first.accepted_at, at(1));
  EXPECT_EQ(state->find_deployment(app)->status, deployment_status::deploying);
  auto const said = get(state->events().latest(app, 10));
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].message, "Run 1 accepted: docker.io/davidcasta/docker-to-node:latest");
  EXPECT_EQ(said[0].phase, "accepted");
  EXPECT_EQ(said[0].run, first.id);
  EXPECT_EQ(said[0].what, first.what);
  EXPECT_EQ(get(state->runs().find(first.id)), first);
}

TEST_F(runs_test, the_wanted_tag_is_what_is_pulled) {
  open();
  put(spec_of("app"));
  auto const r = get(state->runs().accept(app, run_kind::deploy, "1.2", std::nullopt, at(1))).accepted;
  EXPECT_EQ(r.tag, "1.2");
  EXPECT_EQ(r.order, run_order::side_by_side);
  EXPECT_EQ(messages("app").back(), "Run 1 accepted: docker.io/davidcasta/docker-to-node:1.2");
}

TEST_F(runs_test, a_deployment_that_is_not_there_takes_no_run) {
  open();
  EXPECT_EQ(get_error(state->runs().accept(app, run_kind::deploy, {}, {}, at(1))).code, errc::not_found);
  EXPECT_EQ(get_error(state->runs().accept(app, run_kind::remove, {}, {}, at(1))).code, errc::not_found);
}

TEST_F(runs_test, a_newer_run_supersedes_those_that_wait_but_not_the_one_under_way) {
  open();
  put(spec_of("app"));
  auto const under_way = accept("app");
  auto const waiting = accept("app", run_kind::deploy, under_way.id);
  auto const outcome = get(state->runs().accept(app, run_kind::deploy, {}, under_way.id, at(7)));
  ASSERT_EQ(outcome.superseded.size(), 1u);
  auto const& ended = outcome.superseded[0];
  EXPECT_EQ(ended.id, waiting.id);
  EXPECT_EQ(ended.step, run_step::superseded);
  EXPECT_EQ(ended.finished_at, at(7));
  EXPECT_EQ(ended.why_failed->reason, "superseded");
  EXPECT_EQ(get(state->runs().find(waiting.id)), ended);
  EXPECT_EQ(messages("app").back(), "Run 2 superseded by run 3");

  auto const unfinished = get(state->runs().unfinished());
  ASSERT_EQ(unfinished.size(), 2u);
  EXPECT_EQ(unfinished[0].id, under_way.id);
  EXPECT_EQ(unfinished[1].id, outcome.accepted.id);
}

TEST_F(runs_test, a_run_that_has_gone_on_is_not_superseded) {
  open();
  put(spec_of("app"));
  auto const first = accept("app");
  get(state->runs().save(step(first, run_step::pulled, "pulled")));
  EXPECT_TRUE(get(state->runs().accept(app, run_kind::deploy, {}, {}, at(2))).superseded.empty());
}

TEST_F(runs_test, a_run_that_is_undone_beside_a_removal_leaves_the_deployment_being_removed) {
  open();
  put(spec_of("app"));
  auto const first = accept("app");
  get(state->runs().save(step(first, run_step::pulled, "pulled")));
  get(state->runs().accept(app, run_kind::remove, {}, {}, at(2)));
  auto undone = step(first, run_step::cancelled, "cancelled");
  undone.status = deployment_status::failed;
  get(state->runs().save(undone));
  EXPECT_EQ(state->find_deployment(app)->status, deployment_status::deleting);
  EXPECT_EQ(get_error(state->runs().accept(app, run_kind::deploy, {}, {}, at(3))).reason, "deployment_deleting");
}

TEST_F(runs_test, a_scaling_leaves_a_deploy_that_waits_in_the_queue) {
  open();
  put(spec_of("app"));
  auto done = step(accept("app"), run_step::done, "done");
  done.serving = done.now.id;
  get(state->runs().save(done));
  get(state->runs().save(step(accept("app"), run_step::pulled, "pulled")));
  auto const waiting = get(state->runs().accept(app, run_kind::deploy, {}, {}, at(2))).accepted;
  EXPECT_TRUE(get(state->runs().accept(app, run_kind::scale, {}, {}, at(3))).superseded.empty());
  EXPECT_EQ(get(state->runs().find(waiting.id))->step, run_step::accepted);
}

TEST_F(runs_test, a_removal_marks_the_deployment_and_is_answered_again_as_it_is) {
  open();
  put(spec_of("app"));
  auto const waiting = accept("app");
  auto const first = get(state->runs().accept(app, run_kind::remove, {}, {}, at(2)));
  EXPECT_EQ(first.accepted.kind, run_kind::remove);
  ASSERT_EQ(first.superseded.size(), 1u);
  EXPECT_EQ(first.superseded[0].id, waiting.id);
  EXPECT_EQ(state->find_deployment(app)->status, deployment_status::deleting);
  auto const again = get(state->runs().accept(app, run_kind::remove, {}, {}, at(3)));
  EXPECT_EQ(again.accepted, first.accepted);
  EXPECT_TRUE(again.superseded.empty());
  EXPECT_EQ(get_error(state->runs().accept(app, run_kind::deploy, {}, {}, at(3))).reason, "deployment_deleting");
}

TEST_F(runs_test, a_step_is_kept_with_its_events_and_what_it_makes_of_the_deployment) {
  open();
  put(spec_of("app"));
  auto const r = accept("app");
  auto done = step(r, run_step::done, "Run 1 is done");
  done.now.containers = {container_id{"c1"}};
  done.status = deployment_status::running;
  done.serving = r.id;
  get(state->runs().save(done));
  reopen();
  EXPECT_EQ(get(state->runs().find(r.id)), done.now);
  EXPECT_EQ(state->find_deployment(app)->status, deployment_status::running);
  EXPECT_EQ(state->find_deployment(app)->serving, r.id);
  EXPECT_EQ(messages("app").back(), "Run 1 is done");
  EXPECT_TRUE(get(state->runs().unfinished()).empty());
}

TEST_F(runs_test, the_end_of_a_removal_takes_everything_and_its_last_events_are_still_told) {
  open();
  put(spec_of("app", port{9002}));
  accept("app");
  auto const removal = accept("app", run_kind::remove);
  auto const last = state->last_event_id();
  auto gone = step(removal, run_step::done, "app is gone");
  gone.erase_deployment = true;
  commits.clear();
  get(state->runs().save(gone));
  EXPECT_EQ(state->find_deployment(app), nullptr);
  EXPECT_TRUE(messages("app").empty());
  EXPECT_TRUE(get(state->runs().list(app, 10)).empty());
  ASSERT_EQ(commits.size(), 1u);
  EXPECT_EQ(commits[0].erased, std::vector{app});
  EXPECT_TRUE(commits[0].changed.empty());
  ASSERT_EQ(commits[0].events.size(), 1u);
  EXPECT_EQ(commits[0].events[0].id, last + 1);

  reopen();
  EXPECT_EQ(state->last_event_id(), last + 1);
  put(spec_of("app", port{9002}));
  EXPECT_EQ(accept("app").number, 1u);
  EXPECT_EQ(state->last_event_id(), last + 2);
}

TEST_F(runs_test, a_step_of_a_run_that_is_gone_is_not_found) {
  open();
  put(spec_of("app"));
  auto r = accept("app");
  auto stranger = step(r, run_step::pulled, "pulled");
  stranger.now.id = run_id{"00000000"};
  EXPECT_EQ(get_error(state->runs().save(stranger)).code, errc::not_found);
  r.what.name = deployment_name{"nowhere"};
  EXPECT_EQ(get_error(state->runs().save(step(r, run_step::pulled, "pulled"))).code, errc::not_found);
  EXPECT_EQ(messages("app").size(), 1u);
}

TEST_F(runs_test, a_request_to_cancel_is_not_undone_by_the_step_that_was_under_way) {
  open();
  put(spec_of("app"));
  auto const before = accept("app");
  EXPECT_TRUE(get(state->runs().request_cancel(app, before.id, at(2))).cancel_requested);
  get(state->runs().save(step(before, run_step::pulled, "pulled")));
  EXPECT_TRUE(get(state->runs().find(before.id))->cancel_requested);
}

TEST_F(runs_test, only_a_run_of_the_deployment_that_has_not_ended_can_be_cancelled) {
  open();
  put(spec_of("app"));
  put(spec_of("other"));
  auto const r = accept("app");
  EXPECT_EQ(get_error(state->runs().request_cancel(deployment_name{"other"}, r.id, at(2))).code, errc::not_found);
  EXPECT_EQ(get_error(state->runs().request_cancel(app, run_id{"00000000"}, at(2))).code, errc::not_found);
  get(state->runs().save(step(r, run_step::failed, "failed")));
  auto const why = get_error(state->runs().request_cancel(app, r.id, at(2)));
  EXPECT_EQ(why.code, errc::conflict);
  EXPECT_EQ(why.reason, "run_ended");
}

TEST_F(runs_test, a_run_that_has_begun_is_not_superseded_although_no_step_is_done) {
  open();
  put(spec_of("app"));
  auto begun = accept("app");
  EXPECT_FALSE(has_begun(begun));
  begun.updated_at = time_of_begin(begun, at(-100));
  get(state->runs().save({begun, {}, {}, {}}));
  reopen();
  EXPECT_TRUE(has_begun(*get(state->runs().find(begun.id))));
  EXPECT_TRUE(get(state->runs().accept(app, run_kind::deploy, {}, {}, at(2))).superseded.empty());
}

TEST_F(runs_test, a_run_ends_once) {
  open();
  put(spec_of("app"));
  auto const r = accept("app");
  auto done = step(r, run_step::done, "Run 1 is done");
  done.events.front().phase = "done";
  done.serving = r.id;
  get(state->runs().save(done));
  for (auto const& again : {done, step(r, run_step::pulled, "pulled"), step(r, run_step::failed, "failed")}) {
    auto const why = get_error(state->runs().save(again));
    EXPECT_EQ(why.code, errc::conflict);
    EXPECT_EQ(why.reason, "run_ended");
  }
  EXPECT_EQ(get(state->runs().find(r.id)), done.now);
  EXPECT_EQ(messages("app").back(), "Run 1 is done");
  EXPECT_EQ(messages("app").size(), 2u) << "nothing of what was refused is told";
  // While it serves its container may be made anew.
  done.now.containers = {container_id{"another"}};
  get(state->runs().save({done.now, {draft(done.now.what, "it is back")}, {}, {}}));
  EXPECT_EQ(get(state->runs().find(r.id))->containers, done.now.containers);
}

TEST_F(runs_test, runs_are_listed_newest_first) {
  open();
  put(spec_of("app"));
  for (int i = 0; i < 5; ++i) accept("app");
  auto const newest = get(state->runs().list(app, 3));
  ASSERT_EQ(newest.size(), 3u);
  EXPECT_EQ(newest[0].number, 5u);
  EXPECT_EQ(newest[2].number, 3u);
}

TEST_F(runs_test, ended_runs_that_are_too_many_go_but_never_the_one_that_serves) {
  options.keep_runs = 3;
  open();
  put(spec_of("app"));
  auto first = step(accept("app"), run_step::done, "done");
  first.serving = first.now.id;
  get(state->runs().save(first));
  for (int i = 0; i < 10; ++i) get(state->runs().save(step(accept("app"), run_step::failed, "failed")));
  auto const left = get(state->runs().list(app, 100));
  ASSERT_EQ(left.size(), 4u);
  EXPECT_EQ(left.front().number, 11u);
  EXPECT_EQ(left[2].number, 9u);
  EXPECT_EQ(left.back().number, 1u);
}

}  // namespace
}  // namespace krane::test
