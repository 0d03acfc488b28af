// A release that has taken over is watched for a while, on a scripted engine and a clock that the test moves.
#include <gmock/gmock.h>

#include "model/reason.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;
using testing::HasSubstr;

class settle : public testing::Test {
protected:
  void SetUp() override {
    w.watch = 10s;
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
    w.put();
  }
  // Up to where it is watched.
  run watched(std::string tag = "latest", std::string name = "app") {
    run const r = w.accept(name, std::move(tag));
    expect_watched(r);
    return r;
  }
  void expect_watched(run const& r) {
    EXPECT_TRUE(w.eventually([&] { return now_of(r).settles.has_value(); })) << static_cast<int>(now_of(r).step);
  }
  run now_of(run const& r) {
    auto const found = test::run_coroutine(w.loop, w.state->runs().find(r.id));
    return found && *found ? **found : run{};
  }
  run good() {
    run const r = watched();
    w.time.advance(10s);
    run const end = w.end_of(r);
    EXPECT_EQ(end.step, run_step::done);
    return end;
  }
  container_id container_of(run const& r) { return now_of(r).container().value_or(container_id{}); }
  std::size_t running() {
    std::size_t count = 0;
    for (auto const& one : w.engine_world.containers()) count += one.status == "running" ? 1U : 0U;
    return count;
  }
  void expect_went_back(run const& end, run const& before) {
    EXPECT_EQ(end.step, run_step::failed);
    EXPECT_EQ(w.now().serving, before.id);
    EXPECT_EQ(w.now().status, deployment_status::running);
    w.expect_only_serving();
  }

  test::run_world w;
};

TEST_F(settle, keeps_the_old_release_until_the_new_one_has_been_watched) {
  good();
  run const second = watched("v2");
  EXPECT_EQ(w.now().serving, second.id) << "it serves meanwhile";
  EXPECT_EQ(running(), 2U);
  w.time.advance(10s);
  EXPECT_EQ(w.end_of(second).step, run_step::done);
  w.expect_only_serving();
}

TEST_F(settle, goes_back_when_the_new_release_ends) {
  run const before = good();
  run const r = watched("v2");
  w.time.advance(2s);
  w.engine_world.exit_container(container_of(r), 3);
  run const end = w.end_of(r);
  expect_went_back(end, before);
  ASSERT_TRUE(end.why_failed);
  EXPECT_EQ(end.why_failed->reason, reason::container_exited);
  EXPECT_EQ(end.why_failed->exit_code, 3);
  EXPECT_THAT(end.why_failed->message, HasSubstr("exited with code 3, 2.0 s after it had taken over"));
}

TEST_F(settle, goes_back_when_the_engine_has_restarted_the_new_release) {
  run const before = good();
  run const r = watched("v2");
  w.engine_world.set_status(container_of(r), "running", 1);
  run const end = w.end_of(r);
  expect_went_back(end, before);
  EXPECT_EQ(end.why_failed->reason, reason::container_exited);
}

TEST_F(settle, starts_the_old_release_again_where_that_was_stopped_first) {
  w.put("app", 9002);
  run const before = good();
  run const r = watched("v2");
  EXPECT_EQ(now_of(r).order, run_order::stop_first);
  EXPECT_EQ(running(), 1U) << "the old one is stopped, and still there";
  EXPECT_EQ(w.engine_world.containers().size(), 2U);
  w.engine_world.exit_container(container_of(r), 1);
  expect_went_back(w.end_of(r), before);
}

TEST_F(settle, of_several_replicas_goes_back_to_all_that_were_there) {
  auto const put = [&](std::uint32_t replicas) {
    spec s = w.now().config;
    s.service.replicas = replicas;
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
  };
  put(2);
  run const before = good();
  run const r = watched("v2");
  EXPECT_EQ(now_of(r).replica, 1U) << "once, after the last one";
  w.engine_world.exit_container(now_of(r).container(0).value_or(container_id{}), 1);
  EXPECT_EQ(w.end_of(r).step, run_step::failed);
  EXPECT_EQ(w.now().serving, before.id);
  EXPECT_EQ(w.now().replicas, 2U);
  EXPECT_EQ(w.engine_world.containers().size(), 2U);
  EXPECT_EQ(running(), 2U);
}

TEST_F(settle, of_a_first_release_that_ends_leaves_nothing) {
  run const r = watched();
  w.engine_world.exit_container(container_of(r), 1);
  EXPECT_EQ(w.end_of(r).step, run_step::failed);
  EXPECT_FALSE(w.now().serving);
  EXPECT_EQ(w.now().status, deployment_status::failed);
  EXPECT_TRUE(w.engine_world.containers().empty());
}

TEST_F(settle, counts_the_time_in_which_no_server_ran) {
  good();
  run const r = watched("v2");
  w.close();
  w.time.advance(10s);
  w.open();
  EXPECT_EQ(w.end_of(r).step, run_step::done);
  w.expect_only_serving();
}

TEST_F(settle, goes_on_after_a_restart_of_the_server_for_what_is_left) {
  good();
  run const r = watched("v2");
  w.time.advance(9s);
  w.restart();
  expect_watched(r);
  EXPECT_EQ(running(), 2U);
  w.time.advance(1s);
  EXPECT_EQ(w.end_of(r).step, run_step::done);
}

TEST_F(settle, sees_what_ended_while_no_server_ran) {
  run const before = good();
  run const r = watched("v2");
  auto const its = container_of(r);
  w.close();
  w.time.advance(1h);
  w.engine_world.set_status(its, "running", 2);
  w.open();
  expect_went_back(w.end_of(r), before);
}

TEST_F(settle, can_be_cancelled) {
  run const before = good();
  run const r = watched("v2");
  ASSERT_TRUE(test::run_coroutine(w.loop, w.service->cancel(deployment_name{"app"}, r.id)));
  EXPECT_EQ(w.end_of(r).step, run_step::cancelled);
  EXPECT_EQ(w.now().serving, before.id);
  w.expect_only_serving();
}

TEST_F(settle, is_waited_for_by_a_newer_run) {
  good();
  run const second = watched("v2");
  run const third = w.accept();
  w.time.advance(5s);
  EXPECT_EQ(now_of(third).step, run_step::accepted);
  w.time.advance(5s);
  EXPECT_EQ(w.end_of(second).step, run_step::done);
  expect_watched(third);
  w.time.advance(10s);
  EXPECT_EQ(w.end_of(third).step, run_step::done);
  w.expect_only_serving();
}

TEST_F(settle, takes_no_place_from_runs_that_work) {
  std::vector<run> all;
  for (int i = 0; i < 6; ++i) {
    std::string const name = "app" + std::to_string(i);
    w.put(name);
    all.push_back(w.accept(name));
  }
  for (run const& r : all) expect_watched(r);
  w.time.advance(10s);
  for (run const& r : all) EXPECT_EQ(w.end_of(r).step, run_step::done);
}

TEST_F(settle, is_not_for_a_release_that_is_gone_back_to) {
  good();
  run const second = watched("v2");
  w.time.advance(10s);
  w.end_of(second);
  auto const back = test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, std::nullopt));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(w.end_of(*back).step, run_step::done);
}

TEST_F(settle, of_a_failed_release_is_nothing_to_go_back_to) {
  good();
  run const bad = watched("v2");
  w.engine_world.exit_container(container_of(bad), 1);
  w.end_of(bad);
  auto const back = test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, bad.number));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().reason, reason::release_not_good);
}

TEST_F(settle, is_as_long_as_the_config_says_and_told) {
  spec s = w.now().config;
  s.service.settle = 0ms;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(s, false, w.time.now())));
  EXPECT_EQ(w.deploy().step, run_step::done);
  s.service.settle = 90s;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(s, false, w.time.now())));
  run const r = watched();
  EXPECT_TRUE(std::ranges::any_of(w.events, [](event const& e) {
    return e.phase == "settle" && e.message == "Watching the new release for 1m30s";
  }));
  w.time.advance(90s);
  EXPECT_EQ(w.end_of(r).step, run_step::done);
}

TEST_F(settle, takes_the_end_of_a_program_that_may_end) {
  spec s = w.now().config;
  s.service.restart = restart_policy{.is = restart_policy::kind::no};
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(s, false, w.time.now())));
  run const r = watched();
  w.engine_world.exit_container(container_of(r), 0);
  w.time.advance(10s);
  EXPECT_EQ(w.end_of(r).step, run_step::done);
  EXPECT_EQ(w.now().status, deployment_status::ended);
  auto const is_said = [&](std::string const& words) {
    return std::ranges::any_of(w.events, [&](event const& e) { return e.message.contains(words); });
  };
  EXPECT_TRUE(is_said("has ended, as its restart policy allows"));
  EXPECT_FALSE(is_said("kept running"));
  EXPECT_FALSE(is_said("serves"));
}

TEST_F(settle, goes_back_without_waiting_for_a_place) {
  w.close();
  w.at_once = 1;
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  run const before = good();
  run const r = watched("v2");
  w.put("other");
  w.engine_world.hang(route::pull);
  run const other = w.accept("other");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) >= 3; })) << "it has the only place";
  w.engine_world.exit_container(container_of(r), 1);
  EXPECT_EQ(w.end_of(r).step, run_step::failed);
  EXPECT_EQ(w.now().serving, before.id);
  w.engine_world.let_go(route::pull);
  expect_watched(other);
}

TEST_F(settle, starts_again_what_ended_with_the_engine) {
  spec s = w.now().config;
  s.service.restart = restart_policy{.is = restart_policy::kind::no};
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(s, false, w.time.now())));
  run const r = watched();
  w.engine_world.down();
  w.engine_world.exit_container(container_of(r), 137);
  ASSERT_TRUE(w.eventually([&] {
    return std::ranges::any_of(w.events, [](event const& e) { return e.message.contains("engine"); });
  })) << "the wait is told";
  w.engine_world.up();
  EXPECT_TRUE(w.eventually([&] { return running() == 1; }));
  w.time.advance(10s);
  EXPECT_EQ(w.end_of(r).step, run_step::done);
  EXPECT_EQ(w.now().status, deployment_status::running);
}

TEST_F(settle, does_not_start_what_had_done_its_work_when_the_engine_was_away) {
  spec s = w.now().config;
  s.service.restart = restart_policy{.is = restart_policy::kind::no};
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(s, false, w.time.now())));
  run const r = watched();
  w.engine_world.exit_container(container_of(r), 0);
  w.engine_world.forget_calls();
  w.engine_world.down();
  ASSERT_TRUE(w.eventually([&] {
    return std::ranges::any_of(w.events, [](event const& e) { return e.message.contains("engine"); });
  })) << "the wait is told";
  w.engine_world.up();
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::inspect) > 0; }));
  w.time.advance(10s);
  EXPECT_EQ(w.end_of(r).step, run_step::done);
  EXPECT_EQ(w.now().status, deployment_status::ended);
  EXPECT_EQ(w.engine_world.count(route::start), 0U);
}

TEST_F(settle, of_a_release_over_a_stopped_one_leaves_that_stopped) {
  spec s = w.now().config;
  s.service.replicas = 2;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(s, false, w.time.now())));
  run const before = good();
  auto const stop = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, run_kind::stop));
  ASSERT_TRUE(stop) << stop.error().message;
  w.end_of(*stop);
  run const r = watched("v2");
  w.engine_world.exit_container(container_of(r), 1);
  EXPECT_EQ(w.end_of(r).step, run_step::failed);
  EXPECT_EQ(w.now().serving, before.id);
  EXPECT_EQ(w.now().status, deployment_status::stopped);
  EXPECT_EQ(running(), 0U);
}

}  // namespace
}  // namespace krane
