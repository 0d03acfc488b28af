// Stopping, starting and restarting what serves, on a scripted engine.
#include <gmock/gmock.h>

#include <algorithm>

#include "model/reason.hpp"
#include "support/tagged_server.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;

class stop_and_start : public testing::Test {
protected:
  explicit stop_and_start(publish_by how = publish_by::engine) { w.publish = how; }
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  result<run> ask(run_kind kind) {
    return test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, kind));
  }
  run act(run_kind kind) {
    auto accepted = ask(kind);
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted ? w.end_of(*accepted) : run{};
  }
  std::string status() { return w.engine_world.containers().at(0).status; }
  test::run_world w;
};

class stop_and_start_behind_the_front : public stop_and_start {
protected:
  stop_and_start_behind_the_front() : stop_and_start(publish_by::front) {}
  bool is_open() { return test::tcp_client("127.0.0.1", host).connected(); }
  port const host = test::tagged_server("127.0.0.1", 0, "").port();
};

TEST_F(stop_and_start, stops_the_container_and_keeps_it) {
  w.put();
  run const serving = w.deploy();
  run const r = act(run_kind::stop);
  EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : "");
  EXPECT_EQ(w.now().status, deployment_status::stopped);
  EXPECT_EQ(w.now().serving, serving.id);
  EXPECT_EQ(w.engine_world.containers().size(), 1u);
  EXPECT_EQ(status(), "exited");
}

TEST_F(stop_and_start, stays_stopped_over_a_restart_of_the_server) {
  w.put();
  w.deploy();
  act(run_kind::stop);
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(w.now().status, deployment_status::stopped);
  EXPECT_EQ(status(), "exited") << "the reconciler does not bring it back";
  EXPECT_EQ(w.engine_world.containers().size(), 1u) << "nor does it take it away";
}

TEST_F(stop_and_start, starts_the_same_container_again) {
  w.put();
  w.deploy();
  auto const before = w.engine_world.containers().at(0).id;
  act(run_kind::stop);
  run const r = act(run_kind::start);
  EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : "");
  EXPECT_EQ(w.now().status, deployment_status::running);
  EXPECT_EQ(w.engine_world.containers().at(0).id, before);
  w.expect_only_serving();
}

TEST_F(stop_and_start, makes_the_container_anew_if_it_is_gone) {
  w.put();
  w.deploy();
  act(run_kind::stop);
  w.engine_world.remove_container(w.engine_world.containers().at(0).id);
  EXPECT_EQ(act(run_kind::start).step, run_step::done);
  w.expect_only_serving();
}

TEST_F(stop_and_start, restarts_the_same_container) {
  w.put();
  w.deploy();
  auto const before = w.engine_world.containers().at(0).id;
  w.engine_world.forget_calls();
  EXPECT_EQ(act(run_kind::restart).step, run_step::done);
  std::vector<route> order;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::start || call.where == route::stop || call.where == route::create)
      order.push_back(call.where);
  EXPECT_EQ(order, (std::vector{route::stop, route::start}));
  EXPECT_EQ(w.engine_world.containers().at(0).id, before);
  w.expect_only_serving();
}

TEST_F(stop_and_start, is_success_where_it_is_so_already) {
  w.put();
  w.deploy();
  EXPECT_EQ(act(run_kind::start).step, run_step::done);
  w.expect_only_serving();
  EXPECT_EQ(act(run_kind::stop).step, run_step::done);
  EXPECT_EQ(act(run_kind::stop).step, run_step::done);
  EXPECT_EQ(w.now().status, deployment_status::stopped);
}

TEST_F(stop_and_start, needs_something_that_came_up_once) {
  w.put();
  auto const refused = ask(run_kind::start);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::nothing_serves);
}

TEST_F(stop_and_start, a_deploy_of_what_is_stopped_starts_the_new_release) {
  w.put();
  w.deploy();
  act(run_kind::stop);
  EXPECT_EQ(w.deploy("app", "v2").step, run_step::done);
  EXPECT_EQ(w.now().status, deployment_status::running);
  w.expect_only_serving();
}

TEST_F(stop_and_start, a_failed_deploy_of_what_is_stopped_leaves_it_stopped) {
  for (auto const how : {rollout::rolling, rollout::recreate}) {
    w.put("app", std::nullopt, how);
    w.deploy();
    act(run_kind::stop);
    EXPECT_EQ(w.deploy("app", "crash").step, run_step::failed);
    EXPECT_EQ(w.deploy("app", "nowhere").step, run_step::failed);
    EXPECT_EQ(w.now().status, deployment_status::stopped);
    EXPECT_EQ(w.engine_world.containers().size(), 1u);
    EXPECT_EQ(status(), "exited");
  }
}

TEST_F(stop_and_start, acts_on_what_serves_when_its_turn_comes) {
  w.put();
  w.deploy();
  w.engine_world.hang(route::create);
  run const under_way = w.accept("app", "v2");
  ASSERT_TRUE(w.eventually(
      [&] { return std::ranges::count(w.engine_world.calls(), route::create, &test::scripted_call::where) > 1; }));
  auto const stop = ask(run_kind::stop);
  ASSERT_TRUE(stop);
  w.engine_world.let_go(route::create);
  EXPECT_EQ(w.end_of(under_way).step, run_step::done);
  EXPECT_EQ(w.end_of(*stop).step, run_step::done);
  EXPECT_EQ(w.now().serving, under_way.id);
  EXPECT_EQ(w.now().status, deployment_status::stopped);
  EXPECT_EQ(w.engine_world.containers().size(), 1u);
  EXPECT_EQ(status(), "exited");
}

TEST_F(stop_and_start_behind_the_front, closes_the_port_and_opens_it_again) {
  w.put("app", host);
  w.deploy();
  ASSERT_TRUE(is_open());
  EXPECT_EQ(act(run_kind::stop).step, run_step::done);
  EXPECT_FALSE(w.ports->find_route(host));
  EXPECT_FALSE(is_open());
  run const r = act(run_kind::start);
  EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : "");
  auto const route = w.ports->find_route(host);
  ASSERT_TRUE(route);
  EXPECT_EQ(route->to.at(0).container, w.engine_world.containers().at(0).id);
  EXPECT_FALSE(route->to.at(0).address.empty());
  EXPECT_TRUE(is_open());
}

TEST_F(stop_and_start_behind_the_front, keeps_the_port_closed_over_a_restart_of_the_server) {
  w.put("app", host);
  w.deploy();
  act(run_kind::stop);
  w.restart();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_FALSE(is_open());
  EXPECT_EQ(act(run_kind::start).step, run_step::done);
  EXPECT_TRUE(is_open());
}

TEST_F(stop_and_start_behind_the_front, keeps_the_port_open_while_it_restarts) {
  w.put("app", host);
  w.deploy();
  bool always_open = true;
  auto const accepted = ask(run_kind::restart);
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(w.eventually([&] {
    always_open = always_open && w.ports->find_route(host).has_value();
    return w.now().status == deployment_status::running;
  }));
  EXPECT_TRUE(always_open);
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  EXPECT_TRUE(is_open());
}

}  // namespace
}  // namespace krane
