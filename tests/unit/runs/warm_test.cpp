// The release before is kept, paused, and gone back to without a pull, a create or a start; on a scripted engine.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "model/reason.hpp"
#include "support/scripted_world.hpp"
#include "support/tagged_server.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;
using testing::HasSubstr;

class warm : public testing::Test {
protected:
  warm() {
    w.publish = publish_by::front;
    w.keep_warm = 300s;
  }
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  // Two releases, the second of which serves.
  std::pair<run, run> two_releases() {
    w.put("app", host);
    run const first = w.deploy();
    run const second = w.deploy("app", "v2");
    EXPECT_EQ(second.step, run_step::done) << why(second);
    w.engine_world.forget_calls();
    return {first, second};
  }
  run go_back(std::optional<std::uint64_t> release = std::nullopt) {
    auto accepted = test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, release));
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted ? w.end_of(*accepted) : run{};
  }
  std::string status_of(run const& r) {
    for (auto const& one : w.engine_world.containers())
      if (one.name == r.container_name()) return one.status;
    return "gone";
  }
  container_id led_to() {
    auto const led = w.ports->find_route(host);
    return led && !led->to.empty() ? led->to.front().container : container_id{};
  }
  test::scripted_container container_of(run const& r) {
    return w.engine_world.container(r.container_name()).value_or(test::scripted_container{});
  }
  // Removals of containers that were not asked to end before.
  std::size_t removed_by_force() {
    std::size_t killed = 0;
    std::set<std::string> asked;
    for (auto const& one : w.engine_world.calls()) {
      auto const to = test::parse_target(one.target).path;
      if (one.where == route::stop) asked.insert(to[1]);
      if (one.where == route::remove && !asked.contains(to[1])) ++killed;
    }
    return killed;
  }
  std::string why(run const& r) { return r.why_failed ? r.why_failed->message : ""; }

  test::run_world w;
  port const host = test::tagged_server("127.0.0.1", 0, "").port();
};

TEST_F(warm, a_release_that_was_replaced_is_paused_and_known_to_be_kept) {
  auto const [first, second] = two_releases();
  EXPECT_EQ(status_of(first), "paused");
  EXPECT_EQ(status_of(second), "running");
  ASSERT_TRUE(w.now().warm);
  EXPECT_EQ(w.now().warm->run, first.id);
  EXPECT_EQ(w.now().warm->until - w.time.now(), 300s);
  EXPECT_EQ(second.keeps, first.id);
}

TEST_F(warm, a_kept_release_is_off_its_network_and_not_started_by_the_engine_until_it_serves_again) {
  auto const [first, second] = two_releases();
  EXPECT_FALSE(container_of(first).connected) << "its name would lead to a program that stands still";
  EXPECT_EQ(container_of(first).restart, "no") << "both would run after a restart of the engine";
  run const back = go_back();
  ASSERT_EQ(back.step, run_step::done) << why(back);
  EXPECT_TRUE(container_of(first).connected);
  EXPECT_THAT(container_of(first).aliases, testing::Contains("app"));
  EXPECT_EQ(container_of(first).restart, "unless-stopped");
  EXPECT_FALSE(container_of(second).connected);
  EXPECT_EQ(container_of(second).restart, "no");
}

TEST_F(warm, it_is_reachable_before_it_wakes) {
  auto const [first, second] = two_releases();
  go_back();
  std::vector<route> order;
  for (auto const& one : w.engine_world.calls())
    if (one.where == route::connect || one.where == route::unpause) order.push_back(one.where);
  EXPECT_THAT(order, testing::ElementsAre(route::connect, route::unpause));
}

TEST_F(warm, one_that_an_older_krane_left_in_its_network_is_taken_off_and_keeps_its_time) {
  auto const [first, second] = two_releases();
  time_point const until = w.now().warm->until;
  w.close();
  w.engine_world.reconnect(*first.container());
  w.keep_warm = 0s;
  w.open();
  ASSERT_TRUE(w.eventually([&] { return !container_of(first).connected; }));
  EXPECT_EQ(status_of(first), "paused");
  ASSERT_TRUE(w.now().warm);
  EXPECT_EQ(w.now().warm->until, until);
  EXPECT_EQ(go_back().step, run_step::done);
  EXPECT_EQ(status_of(first), "running");
}

TEST_F(warm, going_back_is_one_switch) {
  auto const [first, second] = two_releases();
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(back.restores, first.number);
  EXPECT_EQ(w.engine_world.count(route::pull), 0u);
  EXPECT_EQ(w.engine_world.count(route::create), 0u);
  EXPECT_EQ(status_of(first), "running");
  EXPECT_EQ(led_to(), first.container());
  EXPECT_EQ(w.now().serving, back.id);
  EXPECT_EQ(w.now().made_by, first.id);
  EXPECT_EQ(back.container(), first.container());
  EXPECT_EQ(status_of(second), "paused") << "the way forward is kept, too";
}

TEST_F(warm, goes_back_and_forth_between_the_same_two_containers) {
  auto const [first, second] = two_releases();
  for (int i = 0; i < 4; ++i) {
    run const back = go_back();
    EXPECT_EQ(back.step, run_step::done) << why(back);
    run const& serves = i % 2 == 0 ? first : second;
    EXPECT_EQ(led_to(), serves.container());
    EXPECT_EQ(status_of(serves), "running");
  }
  EXPECT_EQ(w.engine_world.count(route::create), 0u);
  EXPECT_EQ(w.engine_world.containers().size(), 2u);
}

TEST_F(warm, only_the_release_right_before_is_kept) {
  auto const [first, second] = two_releases();
  run const third = w.deploy();
  EXPECT_EQ(third.step, run_step::done) << why(third);
  EXPECT_EQ(status_of(first), "gone");
  EXPECT_EQ(status_of(second), "paused");
  run const back = go_back(first.number);
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_FALSE(back.acts_on);
  EXPECT_EQ(status_of(third), "paused");
}

TEST_F(warm, is_left_as_it_is_by_a_deploy_that_stops_what_serves_first_and_fails) {
  auto const [first, second] = two_releases();
  spec s = w.now().config;
  s.replace = rollout::recreate;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
  ASSERT_EQ(w.deploy("app", "crash").step, run_step::failed);
  EXPECT_EQ(w.now().serving, second.id);
  ASSERT_TRUE(w.now().warm);
  EXPECT_EQ(w.now().warm->made_by, first.id);
  EXPECT_EQ(status_of(first), "paused");
  ASSERT_EQ(w.deploy("app", "v2").step, run_step::done);
  w.expect_only_serving();
  EXPECT_EQ(removed_by_force(), 1U) << "only what had ended";
}

TEST_F(warm, is_removed_when_its_time_is_over) {
  auto const [first, second] = two_releases();
  w.time.advance(301s);
  w.engine_world.emit(*second.container(), "unpause");  // something that is looked at
  EXPECT_TRUE(w.eventually([&] { return status_of(first) == "gone"; }));
  EXPECT_EQ(w.engine_world.count(route::stop), 1u) << "it is asked to end, once";
  EXPECT_EQ(removed_by_force(), 0u);
  EXPECT_FALSE(w.now().warm);
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(w.engine_world.count(route::create), 1u) << "a cold one";
}

// What it takes to end is its own: the looks that its waking and its end cause are no second hand.
TEST_F(warm, whose_time_is_over_is_removed_only_when_it_has_ended) {
  auto const [first, second] = two_releases();
  w.time.advance(301s);
  w.engine_world.hang(route::stop);
  w.engine_world.emit(*second.container(), "unpause");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::stop) == 1; }));
  std::size_t const looks = w.engine_world.count(route::list);
  w.engine_world.emit(*first.container(), "unpause");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::list) > looks; }));
  EXPECT_EQ(w.engine_world.count(route::remove), 0u);
  EXPECT_EQ(w.engine_world.count(route::stop), 1u);
  w.engine_world.let_go(route::stop);
  EXPECT_TRUE(w.eventually([&] { return status_of(first) == "gone"; }));
}

TEST_F(warm, whose_time_is_over_is_asked_again_to_end_after_a_restart_and_never_killed) {
  auto const [first, second] = two_releases();
  w.time.advance(301s);
  w.engine_world.hang(route::stop);
  w.engine_world.emit(*second.container(), "unpause");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::stop) == 1; }));
  ASSERT_EQ(status_of(first), "running") << "woken, so that it can end";
  w.close();
  w.engine_world.restart();  // the call is not carried out
  w.engine_world.let_go(route::stop);
  w.engine_world.forget_calls();
  w.open();
  EXPECT_TRUE(w.eventually([&] { return status_of(first) == "gone"; }));
  EXPECT_GE(w.engine_world.count(route::stop), 1u);
  EXPECT_EQ(removed_by_force(), 0u);
}

TEST_F(warm, ends_with_its_own_grace) {
  w.put("app", host);
  spec wanted = w.now().config;
  wanted.service.stop_grace = 7s;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(wanted, false, w.time.now())));
  run const first = w.deploy();
  run const second = w.deploy("app", "v2");
  ASSERT_EQ(status_of(first), "paused") << why(second);
  w.engine_world.forget_calls();
  w.time.advance(301s);
  w.engine_world.emit(*second.container(), "unpause");
  ASSERT_TRUE(w.eventually([&] { return status_of(first) == "gone"; }));
  auto const calls = w.engine_world.calls();
  auto const stop = std::ranges::find(calls, route::stop, &test::scripted_call::where);
  ASSERT_NE(stop, calls.end());
  EXPECT_THAT(stop->target, HasSubstr("t=7"));
}

TEST_F(warm, goes_with_its_deployment) {
  auto const [first, second] = two_releases();
  auto accepted = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(accepted);
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  EXPECT_TRUE(w.engine_world.containers().empty());
  EXPECT_EQ(removed_by_force(), 0u);
}

TEST_F(warm, is_left_alone_by_the_reconciler_and_over_a_restart) {
  auto const [first, second] = two_releases();
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(status_of(first), "paused");
  EXPECT_EQ(go_back().step, run_step::done);
  EXPECT_EQ(status_of(first), "running");
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(status_of(first), "running") << "it serves again, though another run made it";
  EXPECT_EQ(led_to(), first.container());
}

TEST_F(warm, one_that_the_engine_started_again_is_removed) {
  auto const [first, second] = two_releases();
  w.engine_world.set_status(*first.container(), "running", 1);
  w.engine_world.emit(*first.container(), "start");
  EXPECT_TRUE(w.eventually([&] { return status_of(first) == "gone"; })) << "two releases would work at once";
}

TEST_F(warm, one_that_is_gone_is_made_anew) {
  auto const [first, second] = two_releases();
  w.engine_world.remove_container(*first.container());
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_FALSE(back.acts_on);
  EXPECT_EQ(w.engine_world.count(route::create), 1u);
  EXPECT_EQ(led_to(), back.container());
}

TEST_F(warm, a_failed_way_back_leaves_what_serves) {
  auto const [first, second] = two_releases();
  w.engine_world.stop_listening(*first.container(), 8080);
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::failed);
  EXPECT_EQ(back.why_failed->reason, reason::unhealthy);
  EXPECT_EQ(status_of(second), "running");
  EXPECT_EQ(led_to(), second.container());
  EXPECT_EQ(w.now().serving, second.id);
  EXPECT_TRUE(w.eventually([&] { return status_of(first) == "gone"; }));
}

TEST_F(warm, restarts_of_its_earlier_life_are_no_failure) {
  auto const [first, second] = two_releases();
  w.engine_world.set_status(*first.container(), "paused", 3);
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
}

TEST_F(warm, is_off_for_who_says_so_and_where_the_machine_is_shared) {
  w.put("app", host);
  w.deploy();
  for (auto const& change : std::vector<std::function<void(spec&)>>{
           [](spec& s) { s.service.keep_warm = 0ms; },
           [](spec& s) { s.replace = rollout::recreate; },
           [](spec& s) { s.publish = publish_by::engine; },
       }) {
    spec wanted = w.now().config;
    change(wanted);
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(wanted, false, w.time.now())));
    run const next = w.deploy();
    EXPECT_EQ(next.step, run_step::done) << why(next);
    EXPECT_FALSE(w.now().warm);
    w.expect_only_serving();
  }
}

TEST_F(warm, a_stop_and_a_start_act_on_what_was_gone_back_to) {
  auto const [first, second] = two_releases();
  go_back();
  for (run_kind const kind : {run_kind::stop, run_kind::start, run_kind::restart}) {
    auto accepted = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, kind));
    ASSERT_TRUE(accepted);
    EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
    EXPECT_EQ(status_of(first), kind == run_kind::stop ? "exited" : "running");
  }
  EXPECT_EQ(led_to(), first.container());
}

TEST_F(warm, what_was_gone_back_to_is_brought_back_when_it_is_removed) {
  auto const [first, second] = two_releases();
  go_back();
  w.engine_world.remove_container(*first.container());
  EXPECT_TRUE(w.eventually([&] { return status_of(first) == "running" && led_to() != first.container(); }));
  EXPECT_EQ(w.now().status, deployment_status::running);
}

}  // namespace
}  // namespace krane
