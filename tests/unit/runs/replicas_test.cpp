// Several containers of one release, on a scripted engine, behind the front.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "model/reason.hpp"
#include "support/tagged_server.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;
using testing::ElementsAre;
using testing::HasSubstr;

class replicas : public testing::Test {
protected:
  replicas() { w.publish = publish_by::front; }
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  void put(std::uint32_t how_many, std::optional<rollout> replace = std::nullopt) {
    w.put("app", host, replace);
    spec wanted = w.now().config;
    wanted.service.replicas = how_many;
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(wanted, false, w.time.now())));
  }
  result<run> ask_for(std::uint32_t how_many) {
    return test::run_coroutine(w.loop, w.service->scale(deployment_name{"app"}, how_many));
  }
  run scale(std::uint32_t how_many) {
    auto accepted = ask_for(how_many);
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted ? w.end_of(*accepted) : run{};
  }
  // The containers that the port leads to.
  std::set<std::string> led_to() {
    std::set<std::string> all;
    auto const led = w.ports->find_route(host);
    if (led)
      for (front_target const& to : led->to)
        if (!to.address.empty()) all.insert(to.container.str());
    return all;
  }
  std::set<std::string> ids_of(run const& r) {
    std::set<std::string> all;
    for (container_id const& one : r.containers) all.insert(one.str());
    return all;
  }
  std::vector<std::string> running() {
    std::vector<std::string> names;
    for (auto const& one : w.engine_world.containers())
      if (one.status == "running") names.push_back(one.name);
    std::ranges::sort(names);
    return names;
  }
  std::string why(run const& r) { return r.why_failed ? r.why_failed->message : ""; }

  test::run_world w;
  port const host = test::tagged_server("127.0.0.1", 0, "").port();
};

TEST_F(replicas, each_has_a_name_and_the_front_leads_to_all) {
  put(3);
  run const r = w.deploy();
  EXPECT_EQ(r.step, run_step::done) << why(r);
  std::string const first = "app-" + r.id.str();
  EXPECT_THAT(running(), ElementsAre(first, first + "-2", first + "-3"));
  EXPECT_EQ(led_to(), ids_of(r));
  EXPECT_EQ(led_to().size(), 3u);
  EXPECT_EQ(w.now().replicas, 3u);
}

TEST_F(replicas, are_replaced_one_at_a_time_the_new_one_before_the_old_one) {
  put(3);
  w.deploy();
  w.engine_world.forget_calls();
  run const r = w.deploy("app", "v2");
  EXPECT_EQ(r.step, run_step::done) << why(r);
  std::vector<route> order;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::create || call.where == route::start || call.where == route::stop)
      if (order.empty() || order.back() != call.where) order.push_back(call.where);
  EXPECT_THAT(order, ElementsAre(route::create, route::start, route::stop, route::create, route::start, route::stop,
                                 route::create, route::start, route::stop));
  EXPECT_EQ(running().size(), 3u);
  EXPECT_EQ(w.engine_world.containers().size(), 3u);
  EXPECT_EQ(led_to(), ids_of(r));
}

TEST_F(replicas, a_release_whose_second_one_breaks_leaves_all_of_the_old_one) {
  put(3);
  run const first = w.deploy();
  w.engine_world.hang(route::stop);
  run const accepted = w.accept("app", "v2");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::stop) > 0; })) << "one is replaced";
  w.engine_world.fail_next(route::start, 500, "no more of these");
  w.engine_world.let_go(route::stop);
  run const r = w.end_of(accepted);
  ASSERT_EQ(r.step, run_step::failed);
  EXPECT_EQ(r.replica, 1u);
  EXPECT_EQ(w.now().serving, first.id);
  EXPECT_EQ(w.now().status, deployment_status::running);
  std::string const name = "app-" + first.id.str();
  EXPECT_THAT(running(), ElementsAre(name, name + "-2", name + "-3"));
  EXPECT_EQ(w.engine_world.containers().size(), 3u);
  EXPECT_EQ(led_to(), ids_of(first));
}

TEST_F(replicas, a_recreate_stops_all_of_them_first) {
  put(2, rollout::recreate);
  w.deploy();
  w.engine_world.forget_calls();
  run const r = w.deploy("app", "v2");
  EXPECT_EQ(r.step, run_step::done) << why(r);
  EXPECT_EQ(r.order, run_order::stop_first);
  std::vector<route> order;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::start || call.where == route::stop) order.push_back(call.where);
  EXPECT_THAT(order, ElementsAre(route::stop, route::stop, route::start, route::start));
  EXPECT_EQ(led_to(), ids_of(r));
}

TEST_F(replicas, scaling_up_makes_the_difference_only) {
  put(1);
  run const first = w.deploy();
  w.engine_world.forget_calls();
  run const r = scale(3);
  EXPECT_EQ(r.step, run_step::done) << why(r);
  EXPECT_EQ(w.engine_world.count(route::create), 2u);
  EXPECT_EQ(w.engine_world.count(route::stop), 0u);
  std::string const name = "app-" + first.id.str();
  EXPECT_THAT(running(), ElementsAre(name, name + "-2", name + "-3"));
  EXPECT_EQ(led_to(), ids_of(r));
  EXPECT_EQ(led_to().size(), 3u);
  EXPECT_EQ(w.now().config.service.replicas, 3u);
  EXPECT_EQ(w.now().serving, first.id) << "the same release serves";
}

TEST_F(replicas, a_scaling_that_a_restart_interrupts_knows_what_there_was_before) {
  put(1);
  run const first = w.deploy();
  w.engine_world.hang(route::create);
  auto const accepted = test::run_coroutine(w.loop, w.service->scale(deployment_name{"app"}, 3));
  ASSERT_TRUE(accepted) << accepted.error().message;
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::create) == 2; })) << "its new number is stored";
  w.close();
  w.engine_world.let_go(route::create);
  w.open();
  run const ended = w.end_of(*accepted);
  EXPECT_EQ(ended.step, run_step::done) << why(ended);
  EXPECT_EQ(ended.had_replicas, 1U) << "what is checked, and what a failure takes away, goes by it";
  EXPECT_EQ(running().size(), 3u);
}

TEST_F(replicas, scaling_down_removes_those_that_are_too_many) {
  put(3);
  run const first = w.deploy();
  w.engine_world.forget_calls();
  run const r = scale(1);
  EXPECT_EQ(r.step, run_step::done) << why(r);
  EXPECT_THAT(running(), ElementsAre("app-" + first.id.str()));
  EXPECT_EQ(w.engine_world.count(route::create), 0u);
  EXPECT_EQ(w.engine_world.count(route::stop), 2u);
  EXPECT_EQ(led_to(), std::set{first.containers[0].str()});
}

TEST_F(replicas, scaling_to_what_is_there_touches_nothing) {
  put(2);
  w.deploy();
  w.engine_world.forget_calls();
  run const r = scale(2);
  EXPECT_EQ(r.step, run_step::done) << why(r);
  for (route const none : {route::create, route::start, route::stop, route::remove})
    EXPECT_EQ(w.engine_world.count(none), 0u);
  EXPECT_EQ(led_to().size(), 2u);
}

TEST_F(replicas, a_scaling_that_fails_leaves_as_many_as_were) {
  put(2);
  run const first = w.deploy();
  for (int tries = 0; tries < 3; ++tries) w.engine_world.fail_next(route::start, 500, "no more of these");
  run const r = scale(3);
  ASSERT_EQ(r.step, run_step::failed);
  EXPECT_EQ(w.now().status, deployment_status::running);
  EXPECT_EQ(w.now().replicas, 2u);
  EXPECT_EQ(running().size(), 2u);
  EXPECT_EQ(w.engine_world.containers().size(), 2u);
  EXPECT_EQ(led_to(), ids_of(first));
}

TEST_F(replicas, a_deploy_after_a_scaling_has_as_many) {
  put(1);
  w.deploy();
  scale(2);
  run const r = w.deploy("app", "v2");
  EXPECT_EQ(r.step, run_step::done) << why(r);
  EXPECT_EQ(running().size(), 2u);
  EXPECT_EQ(w.engine_world.containers().size(), 2u);
}

TEST_F(replicas, going_back_brings_as_many_as_the_release_had_in_the_end) {
  put(1);
  run const first = w.deploy();
  scale(3);
  put(1);
  w.deploy("app", "v2");
  ASSERT_EQ(running().size(), 1u);
  auto accepted = test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, first.number));
  ASSERT_TRUE(accepted) << accepted.error().message;
  run const back = w.end_of(*accepted);
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(running().size(), 3u);
}

TEST_F(replicas, one_that_was_removed_is_brought_back_and_the_others_serve_on) {
  put(3);
  run const r = w.deploy();
  w.engine_world.remove_container(r.containers[1]);
  EXPECT_TRUE(w.eventually(
      [&] { return running().size() == 3 && led_to().size() == 3 && !led_to().contains(r.containers[1].str()); }));
  EXPECT_EQ(w.now().status, deployment_status::running);
  EXPECT_TRUE(led_to().contains(r.containers[0].str()));
}

TEST_F(replicas, all_are_stopped_and_started_together) {
  put(2);
  w.deploy();
  for (run_kind const kind : {run_kind::stop, run_kind::start, run_kind::restart}) {
    auto accepted = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, kind));
    ASSERT_TRUE(accepted);
    run const r = w.end_of(*accepted);
    EXPECT_EQ(r.step, run_step::done) << why(r);
    EXPECT_EQ(running().size(), kind == run_kind::stop ? 0u : 2u);
    EXPECT_EQ(led_to().size(), kind == run_kind::stop ? 0u : 2u);
  }
}

TEST_F(replicas, are_the_same_over_a_restart_of_the_server) {
  put(3);
  run const r = w.deploy();
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(running().size(), 3u);
  EXPECT_TRUE(w.eventually([&] { return led_to() == ids_of(r); }));
}

TEST_F(replicas, need_the_front_for_a_host_port) {
  put(2);
  spec wanted = w.now().config;
  wanted.publish = publish_by::engine;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(wanted, false, w.time.now())));
  auto const refused = test::run_coroutine(w.loop, w.service->deploy(deployment_name{"app"}, std::nullopt));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("leave publish out"));
}

TEST_F(replicas, there_is_nothing_to_scale_where_nothing_serves) {
  put(1);
  auto const never = ask_for(2);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().reason, reason::nothing_serves);
  w.deploy();
  auto stop = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, run_kind::stop));
  ASSERT_TRUE(stop);
  w.end_of(*stop);
  auto const stopped = ask_for(2);
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().message, HasSubstr("krane start app"));
  EXPECT_EQ(w.now().config.service.replicas, 1u) << "what is refused changes nothing";
}

}  // namespace
}  // namespace krane
