// What ends as its restart policy says stays ended, and what was stopped stays stopped.
#include <gmock/gmock.h>

#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;

class restart_policies : public testing::Test {
protected:
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  void deploy(std::optional<restart_policy> policy) {
    w.put();
    spec s = w.now().config;
    s.service.restart = policy;
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
    ASSERT_EQ(w.deploy().step, run_step::done);
  }
  container_id its() { return w.engine_world.containers().at(0).id; }
  bool becomes(deployment_status status) {
    return w.eventually([&] { return w.now().status == status; });
  }
  void look_again(std::size_t times) {
    w.engine_world.forget_calls();
    for (std::size_t looks = 1; looks <= times; ++looks) {
      w.engine_world.emit(its(), "start");
      ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::list) >= looks; }));
    }
  }
  void act(run_kind kind) {
    auto const accepted = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, kind));
    ASSERT_TRUE(accepted) << accepted.error().message;
    EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  }

  test::run_world w;
};

TEST_F(restart_policies, leave_ended_what_is_not_to_be_started_again) {
  deploy(restart_policy{.is = restart_policy::kind::no});
  w.engine_world.exit_container(its(), 1);
  ASSERT_TRUE(becomes(deployment_status::ended));
  look_again(3);
  EXPECT_EQ(w.engine_world.count(route::start), 0U);
  EXPECT_EQ(w.now().status, deployment_status::ended);
}

TEST_F(restart_policies, leave_ended_what_ended_well_and_is_started_again_only_after_a_failure) {
  deploy(restart_policy{.is = restart_policy::kind::on_failure});
  w.engine_world.exit_container(its(), 0);
  ASSERT_TRUE(becomes(deployment_status::ended));
  look_again(3);
  EXPECT_EQ(w.engine_world.count(route::start), 0U);
}

TEST_F(restart_policies, leave_ended_what_has_failed_as_often_as_it_may) {
  deploy(restart_policy{.is = restart_policy::kind::on_failure, .most = 3});
  auto const id = its();
  w.engine_world.set_status(id, "restarting", 3);
  w.engine_world.emit(id, "die");
  ASSERT_TRUE(becomes(deployment_status::restarting));
  w.engine_world.exit_container(id, 1);
  ASSERT_TRUE(becomes(deployment_status::ended));
  look_again(2);
  EXPECT_EQ(w.engine_world.count(route::start), 0U);
}

TEST_F(restart_policies, bring_back_what_should_run) {
  deploy(std::nullopt);
  w.engine_world.exit_container(its(), 0);
  EXPECT_TRUE(w.eventually([&] { return w.engine_world.container(its().str())->status == "running"; }));
}

TEST_F(restart_policies, bring_back_what_krane_has_stopped_and_could_not_start_again) {
  deploy(restart_policy{.is = restart_policy::kind::no});
  for (int tries = 0; tries < 3; ++tries) w.engine_world.fail_next(route::start, 500, "no room for it");
  auto const accepted =
      test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, run_kind::restart));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(w.end_of(*accepted).step, run_step::failed);
  EXPECT_TRUE(becomes(deployment_status::running)) << "what it failed with said that it is tried again";
  w.expect_only_serving();
}

TEST_F(restart_policies, leave_an_ended_release_ended_when_somebody_tidies_it_away) {
  deploy(restart_policy{.is = restart_policy::kind::no});
  w.engine_world.exit_container(its(), 0);
  ASSERT_TRUE(becomes(deployment_status::ended));
  w.engine_world.remove_container(its());
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_TRUE(w.engine_world.containers().empty());
  EXPECT_EQ(w.now().status, deployment_status::ended);
}

TEST_F(restart_policies, start_an_ended_release_on_request) {
  deploy(restart_policy{.is = restart_policy::kind::no});
  w.engine_world.exit_container(its(), 0);
  ASSERT_TRUE(becomes(deployment_status::ended));
  act(run_kind::start);
  EXPECT_EQ(w.now().status, deployment_status::running);
  w.expect_only_serving();
}

TEST_F(restart_policies, leave_an_ended_release_ended_when_the_next_one_fails) {
  deploy(restart_policy{.is = restart_policy::kind::no});
  w.engine_world.exit_container(its(), 0);
  ASSERT_TRUE(becomes(deployment_status::ended));
  EXPECT_EQ(w.deploy("app", "crash").step, run_step::failed);
  EXPECT_EQ(w.now().status, deployment_status::ended);
}

TEST_F(restart_policies, are_put_aside_by_a_stop_and_set_again_by_a_start) {
  deploy(restart_policy{.is = restart_policy::kind::always});
  EXPECT_EQ(w.engine_world.containers().at(0).restart, "always");
  act(run_kind::stop);
  EXPECT_EQ(w.engine_world.containers().at(0).restart, "no") << "else it runs again when the engine is started";
  act(run_kind::start);
  EXPECT_EQ(w.engine_world.containers().at(0).restart, "always");
}

// Of a stop by an older krane, which left the policy as it was.
TEST_F(restart_policies, do_not_make_a_stopped_release_run) {
  deploy(restart_policy{.is = restart_policy::kind::always});
  act(run_kind::stop);
  ASSERT_TRUE(test::run_coroutine(w.loop, w.docker->start_container(its())));
  EXPECT_TRUE(w.eventually([&] { return w.engine_world.containers().at(0).status == "exited"; }));
  EXPECT_EQ(w.now().status, deployment_status::stopped);
}

TEST_F(restart_policies, are_not_told_as_a_crash_when_krane_stops_it) {
  deploy(std::nullopt);
  act(run_kind::stop);
  EXPECT_TRUE(w.eventually([&] {
    return std::ranges::any_of(w.events, [](event const& e) { return e.message.ends_with("was stopped"); });
  }));
  EXPECT_FALSE(std::ranges::any_of(w.events, [](event const& e) { return e.message.contains("exited with code"); }));
}

TEST_F(restart_policies, are_told_as_a_crash_when_it_was_started_since_it_was_asked_to_end) {
  deploy(std::nullopt);
  w.engine_world.emit(its(), "kill", {{"signal", "15"}});
  w.engine_world.emit(its(), "start");
  w.engine_world.exit_container(its(), 9);
  EXPECT_TRUE(w.eventually([&] {
    return std::ranges::any_of(w.events, [](event const& e) { return e.message.contains("exited with code 9"); });
  }));
}

TEST_F(restart_policies, are_counted_while_the_engine_follows_them) {
  deploy(std::nullopt);
  w.engine_world.set_status(its(), "restarting", 4);
  w.engine_world.emit(its(), "die");
  ASSERT_TRUE(becomes(deployment_status::restarting));
  EXPECT_TRUE(w.eventually([&] { return w.now().restarts == 4; }));
  ASSERT_EQ(w.deploy("app", "v2").step, run_step::done);
  EXPECT_EQ(w.now().restarts, 0U) << "of the release that serves";
  ASSERT_TRUE(w.now().active);
  EXPECT_EQ(w.now().active->number, 2U);
}

TEST_F(restart_policies, leave_the_newest_run_known_beside_what_serves) {
  deploy(std::nullopt);
  EXPECT_EQ(w.deploy("app", "crash").step, run_step::failed);
  auto const now = w.now();
  EXPECT_EQ(now.status, deployment_status::running);
  ASSERT_TRUE(now.active && now.last_run);
  EXPECT_EQ(now.active->number, 1U);
  EXPECT_EQ(now.last_run->number, 2U);
  EXPECT_EQ(now.last_run->step, run_step::failed);
  EXPECT_EQ(now.last_run->reason, "container_exited");
  w.restart();
  EXPECT_EQ(w.now().last_run, now.last_run) << "as it is read from the disk";
  EXPECT_EQ(w.now().active, now.active);
}

}  // namespace
}  // namespace krane
