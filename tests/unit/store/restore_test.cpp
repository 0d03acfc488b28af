// Going back to an earlier release, as one commit.
#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class restore_test : public store_test {
protected:
  deployment_name const app{"app"};

  // A run of what is stored, ended; it serves if it is done.
  run release(std::string tag, run_step end = run_step::done) {
    run r = get(state->runs().accept(app, run_kind::deploy, tag, {}, at(1))).accepted;
    r.image = image_id{"sha256:" + tag};
    r.repo_digest = "sha256:digest-of-" + tag;
    r.secret_versions = {{"KEY", r.number}};
    r.step = end;
    std::optional<std::optional<run_id>> serving;
    if (end == run_step::done) serving = r.id;
    get(state->runs().save({.now = r, .events = {}, .status = deployment_status::running, .serving = serving}));
    return r;
  }
  error refused(std::optional<std::uint64_t> number) {
    auto const before = get(state->runs().list(app, 100));
    auto const deployment_before = *state->find_deployment(app);
    auto why = get_error(state->runs().restore(app, number, {}, at(9)));
    EXPECT_EQ(get(state->runs().list(app, 100)), before) << "nothing is changed";
    EXPECT_EQ(*state->find_deployment(app), deployment_before);
    return why;
  }
};

TEST_F(restore_test, gives_the_run_all_that_the_release_had) {
  open();
  put(spec_of("app", port{9002}));
  run const first = release("v1");
  put(spec_of("app", port{9003}));
  release("v2");
  run const back = get(state->runs().restore(app, std::nullopt, {}, at(7))).accepted;
  EXPECT_EQ(back.number, 3u);
  EXPECT_EQ(back.restores, 1u);
  EXPECT_EQ(back.what.host_port, 9002);
  EXPECT_EQ(back.what.tag, "v1");
  EXPECT_EQ(back.tag, "v1");
  EXPECT_EQ(back.image, first.image);
  EXPECT_EQ(back.repo_digest, first.repo_digest);
  EXPECT_EQ(back.secret_versions, first.secret_versions);
  EXPECT_EQ(back.step, run_step::accepted);
  EXPECT_NE(back.id, first.id);
  EXPECT_TRUE(back.containers.empty());
  EXPECT_EQ(get(state->runs().find(back.id)), back);
  EXPECT_EQ(messages("app").back(), "Run 3 accepted: back to release 1, docker.io/davidcasta/docker-to-node:v1");
}

TEST_F(restore_test, makes_the_releases_config_the_deployments_own) {
  open();
  put(spec_of("app", port{9002}));
  release("v1");
  put(spec_of("app", port{9003}));
  release("v2");
  run const back = get(state->runs().restore(app, 1, {}, at(7))).accepted;
  EXPECT_EQ(state->find_deployment(app)->config, back.what);
  EXPECT_EQ(state->find_deployment(app)->status, deployment_status::deploying);
  reopen();
  EXPECT_EQ(state->find_deployment(app)->config, back.what);
}

TEST_F(restore_test, refuses_a_release_that_is_not_there_or_never_served) {
  open();
  put(spec_of("app"));
  release("v1");
  release("v2", run_step::failed);
  EXPECT_EQ(refused(7).code, errc::not_found);
  EXPECT_EQ(refused(2).reason, "release_not_good");
  EXPECT_EQ(refused(std::nullopt).reason, "nothing_to_roll_back_to");
  EXPECT_EQ(get_error(state->runs().restore(deployment_name{"none"}, 1, {}, at(9))).code, errc::not_found);
}

TEST_F(restore_test, refuses_a_host_port_that_is_another_deployments_by_now) {
  open();
  put(spec_of("app", port{9002}));
  release("v1");
  put(spec_of("app", port{9003}));
  release("v2");
  put(spec_of("other", port{9002}));
  auto const why = refused(1);
  EXPECT_EQ(why.reason, "host_port_taken");
  EXPECT_NE(why.message.find("other"), std::string::npos) << why.message;
}

TEST_F(restore_test, takes_the_place_of_runs_that_wait) {
  open();
  put(spec_of("app"));
  release("v1");
  release("v2");
  run const waiting = accept("app");
  auto const outcome = get(state->runs().restore(app, 1, {}, at(7)));
  ASSERT_EQ(outcome.superseded.size(), 1u);
  EXPECT_EQ(outcome.superseded[0].id, waiting.id);
}

TEST_F(restore_test, is_refused_for_what_is_being_deleted) {
  open();
  put(spec_of("app"));
  release("v1");
  release("v2");
  accept("app", run_kind::remove);
  EXPECT_EQ(refused(1).reason, "deployment_deleting");
}

TEST_F(restore_test, gives_a_stop_what_serves_and_refuses_it_where_nothing_ever_did) {
  open();
  put(spec_of("app", port{9002}));
  EXPECT_EQ(get_error(state->runs().accept(app, run_kind::stop, {}, {}, at(1))).reason, "nothing_serves");
  run const serving = release("v1");
  put(spec_of("app", port{9003}));
  run const stop = get(state->runs().accept(app, run_kind::stop, {}, {}, at(2))).accepted;
  EXPECT_EQ(stop.acts_on, serving.id);
  EXPECT_EQ(stop.what.host_port, 9002) << "as it serves, and not as it is stored by now";
  EXPECT_EQ(stop.container_name(), serving.container_name());
  EXPECT_EQ(messages("app").back(), "Run 2 accepted: stop app");
  EXPECT_EQ(get(state->runs().releases(app, 10)).size(), 1u) << "it is no release";
}

TEST_F(restore_test, remembers_over_superseded_runs_that_the_deployment_was_stopped) {
  open();
  put(spec_of("app"));
  run stop = release("v1");
  get(state->runs().save({.now = stop, .events = {}, .status = deployment_status::stopped, .serving = {}}));
  run const first = accept("app");
  EXPECT_TRUE(first.was_stopped);
  ASSERT_EQ(state->find_deployment(app)->status, deployment_status::deploying);
  EXPECT_TRUE(accept("app").was_stopped) << "the one before it never began";
}

TEST_F(restore_test, lists_releases_newest_first_and_no_removals) {
  open();
  put(spec_of("app"));
  run const first = release("v1");
  run const second = release("v2");
  accept("app", run_kind::remove);
  EXPECT_EQ(get(state->runs().releases(app, 10)), (std::vector{second, first}));
  EXPECT_EQ(get(state->runs().releases(app, 1)), (std::vector{second}));
  EXPECT_EQ(get(state->runs().find(app, 1)), first);
  EXPECT_FALSE(get(state->runs().find(app, 9)));
}

}  // namespace
}  // namespace krane::test
