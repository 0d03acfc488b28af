// What comes while the server recovers: requests that change something, and runs that are not any more what they were
// when they were read. A recovery is held open by the store or by the front, for as long as the test says.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "model/reason.hpp"
#include "support/tagged_server.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;
using testing::Each;

class recovery_test : public testing::Test {
protected:
  template <class T>
  struct asked {
    std::optional<result<T>> answer;
  };
  // Sends it without waiting for its answer.
  template <class T>
  std::shared_ptr<asked<T>> begin(task<T> what) {
    auto const seen = std::make_shared<asked<T>>();
    asio::co_spawn(w.loop, std::move(what), [seen](std::exception_ptr failed, result<T> given) {
      if (!failed) seen->answer = std::move(given);
    });
    w.loop.restart();
    w.loop.poll();
    return seen;
  }
  template <class T>
  run run_of(std::shared_ptr<asked<T>> const& of) {
    EXPECT_TRUE(w.eventually([&] { return of->answer.has_value(); }));
    if (!of->answer || !*of->answer) throw std::runtime_error("it was not accepted");
    return **of->answer;
  }

  // A run that is pulling, and whose server is stopped in an orderly way.
  run interrupt_a_pull(std::string tag) {
    auto const before = w.engine_world.count(route::pull);
    w.engine_world.registry(test::registry_does::stall, 1);
    run const r = w.accept("app", std::move(tag));
    EXPECT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == before + 1; }));
    w.close();
    return r;
  }

  int ends_of(run const& r) {
    return static_cast<int>(std::ranges::count_if(w.events, [&](event const& e) {
      return e.run == r.id &&
             (e.phase == "done" || e.phase == "failed" || e.phase == "cancelled" || e.phase == "superseded");
    }));
  }
  run kept(run const& r) { return **test::run_coroutine(w.loop, w.state->runs().find(r.id)); }

  deployment_name const app{"app"};
  test::run_world w;
};

TEST_F(recovery_test, a_run_that_is_accepted_meanwhile_comes_after_those_before_it) {
  w.open();
  w.put();
  w.deploy();
  run const second = interrupt_a_pull("v2");
  w.hold_store = true;
  w.open();
  auto const third = begin(w.service->deploy(app, "latest"));
  EXPECT_FALSE(third->answer) << "it must not be accepted before what is older is queued";
  w.held_state->release();
  run const newest = w.end_of(run_of(third));
  EXPECT_EQ(newest.step, run_step::done);
  EXPECT_EQ(kept(second).step, run_step::done) << "it had begun, so it is not superseded";
  EXPECT_EQ(ends_of(second), 1);
  EXPECT_EQ(ends_of(newest), 1);
  EXPECT_EQ(w.now().serving, newest.id);
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  w.expect_only_serving();
}

TEST_F(recovery_test, a_change_waits_for_so_long_and_is_then_refused_until_the_server_has_recovered) {
  w.open();
  w.put();
  run const first = w.deploy();
  w.close();
  w.hold_store = true;
  w.recovery_wait = 30ms;
  w.open();
  std::vector<std::string> reasons;
  auto const ask = [&](auto what) {
    auto const answer = test::run_coroutine(w.loop, std::move(what));
    reasons.push_back(answer ? "accepted" : answer.error().reason);
  };
  ask(w.service->deploy(app, {}));
  ask(w.service->roll_back(app, {}));
  ask(w.service->act_on_serving(app, run_kind::stop));
  ask(w.service->scale(app, 2));
  ask(w.service->remove(app));
  ask(w.service->cancel(app, first.id));
  ask(w.service->cancel_all(app));
  EXPECT_THAT(reasons, Each(reason::recovering));
  EXPECT_EQ(test::run_coroutine(w.loop, w.state->runs().list(app, 10))->size(), 1U) << "and nothing was begun";
  w.held_state->release();
  EXPECT_EQ(w.deploy("app", "v2").step, run_step::done);
}

TEST_F(recovery_test, a_store_that_cannot_be_read_at_first_is_asked_again) {
  w.open();
  w.put();
  w.deploy();
  run const second = interrupt_a_pull("v2");
  w.failing_reads = 1;
  w.open();
  EXPECT_EQ(w.deploy("app", "latest").step, run_step::done);
  EXPECT_EQ(kept(second).step, run_step::done);
  EXPECT_EQ(ends_of(second), 1);
}

TEST_F(recovery_test, a_removal_that_is_asked_for_meanwhile_leaves_nothing_that_blocks_the_name) {
  w.open();
  w.put();
  w.deploy();
  interrupt_a_pull("v2");
  w.hold_store = true;
  w.open();
  auto const removal = begin(w.service->remove(app));
  w.held_state->release();
  EXPECT_EQ(w.end_of(run_of(removal)).step, run_step::done);
  EXPECT_TRUE(w.engine_world.containers().empty());
  w.put();
  EXPECT_EQ(w.deploy().step, run_step::done);
  w.expect_only_serving();
}

TEST_F(recovery_test, a_cancel_that_is_asked_for_meanwhile_is_carried_out_once) {
  w.open();
  w.put();
  run const first = w.deploy();
  run const second = interrupt_a_pull("v2");
  w.hold_store = true;
  w.open();
  auto const asked = begin(w.service->cancel(app, second.id));
  EXPECT_FALSE(asked->answer);
  w.held_state->release();
  EXPECT_EQ(w.end_of(run_of(asked)).step, run_step::cancelled);
  EXPECT_EQ(ends_of(second), 1);
  EXPECT_EQ(w.now().serving, first.id);
}

TEST_F(recovery_test, what_has_begun_is_not_superseded_and_what_only_waited_is) {
  w.open();
  w.put();
  w.deploy();
  w.engine_world.registry(test::registry_does::stall, 1);
  run const begun = w.accept("app", "v2");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == 2; }));
  run const waiting = w.accept("app", "latest");
  w.close();
  w.hold_front = true;  // queued, and not taken up
  w.open();
  run const newest = w.accept("app", "latest");
  EXPECT_EQ(w.end_of(waiting).step, run_step::superseded);
  EXPECT_EQ(kept(begun).step, run_step::accepted);
  w.held_ports->release();
  EXPECT_EQ(w.end_of(newest).step, run_step::done);
  EXPECT_EQ(kept(begun).step, run_step::done);
  for (run const& one : {begun, waiting, newest}) EXPECT_EQ(ends_of(one), 1) << one.number;
  EXPECT_EQ(w.now().serving, newest.id);
}

TEST_F(recovery_test, a_run_that_has_ended_in_the_store_is_not_driven) {
  w.open();
  w.put();
  w.deploy();
  run const second = interrupt_a_pull("v2");
  w.hold_store = true;
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.held_state->has_read(); }));
  run ended = kept(second);
  ended.step = run_step::failed;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->runs().save({ended, {}, deployment_status::running, {}})));
  auto const pulls = w.engine_world.count(route::pull);
  w.held_state->release();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(kept(second).step, run_step::failed);
  EXPECT_EQ(w.engine_world.count(route::pull), pulls);
  EXPECT_EQ(w.deploy("app", "v2").step, run_step::done) << "and nothing stands in the way of the next";
}

TEST_F(recovery_test, a_run_whose_deployment_is_gone_is_not_driven_and_does_not_block_the_name) {
  w.open();
  w.put();
  interrupt_a_pull("v2");
  w.hold_store = true;
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.held_state->has_read(); }));
  auto removal = test::run_coroutine(w.loop, w.state->runs().accept(app, run_kind::remove, {}, {}, w.time.now()));
  ASSERT_TRUE(removal);
  run gone = removal->accepted;
  gone.step = run_step::done;
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->runs().save({gone, {}, {}, {}, true})));
  w.put();
  w.held_state->release();
  EXPECT_EQ(w.deploy().step, run_step::done);
  EXPECT_EQ(test::run_coroutine(w.loop, w.state->runs().list(app, 10))->size(), 1U);
  w.expect_only_serving();
}

TEST_F(recovery_test, whoever_waits_is_answered_when_the_server_stops) {
  w.open();
  w.put();
  w.close();
  w.hold_store = true;
  w.open();
  auto const deploy = begin(w.service->deploy(app, {}));
  auto const removal = begin(w.service->remove(app));
  ASSERT_FALSE(deploy->answer);
  w.service->begin_stop();
  ASSERT_TRUE(w.eventually([&] { return deploy->answer && removal->answer; }));
  EXPECT_EQ(deploy->answer->error().reason, reason::stopping);
  EXPECT_EQ(removal->answer->error().reason, reason::stopping);
}

TEST_F(recovery_test, whoever_waits_for_the_end_of_a_run_is_told_how_it_is_when_the_server_stops) {
  w.open();
  w.put();
  w.engine_world.registry(test::registry_does::stall, 1);
  run const r = w.accept();
  auto const end = begin(w.service->wait_for_end(r.id, 1h));
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == 1; }));
  w.service->begin_stop();
  EXPECT_EQ(run_of(end).step, run_step::accepted);
}

TEST_F(recovery_test, a_front_that_never_answers_does_not_hold_up_the_runs_for_ever) {
  w.open();
  w.put();
  run const first = interrupt_a_pull("latest");
  w.hold_front = true;
  w.adopt_limit = 30ms;
  w.open();
  EXPECT_EQ(w.end_of(first).step, run_step::done);
}

// --- with a host port that the front holds

class recovery_of_ports_test : public recovery_test {
protected:
  recovery_of_ports_test() { w.publish = publish_by::front; }
  container_id led_to() {
    auto const route = w.ports->find_route(host);
    return route && !route->to.empty() ? route->to.front().container : container_id{};
  }
  // The end of whatever run makes it compare engine, front and store.
  void look_again() {
    if (w.state->find_deployment(deployment_name{"else"}) == nullptr) w.put("else");
    EXPECT_EQ(w.deploy("else").step, run_step::done);
  }
  port const host = test::tagged_server("127.0.0.1", 0, "").port();
};

TEST_F(recovery_of_ports_test, a_run_that_is_accepted_before_the_front_holds_its_ports_waits_for_them) {
  w.open();
  w.put("app", host);
  w.deploy();
  w.close();
  w.hold_front = true;
  w.open();
  auto const pulls = w.engine_world.count(route::pull);
  run const r = w.accept("app", "v2");
  EXPECT_EQ(w.engine_world.count(route::pull), pulls) << "nothing is done before that";
  w.held_ports->release();
  run const ended = w.end_of(r);
  EXPECT_EQ(ended.step, run_step::done) << (ended.why_failed ? ended.why_failed->message : "");
  w.expect_only_serving();
  EXPECT_EQ(led_to(), w.engine_world.containers()[0].id);
}

TEST_F(recovery_of_ports_test, a_removal_before_the_front_holds_its_ports_leaves_none_held) {
  w.open();
  w.put("app", host);
  w.deploy();
  w.close();
  w.hold_front = true;
  w.open();
  auto const removal = test::run_coroutine(w.loop, w.service->remove(app));
  ASSERT_TRUE(removal);
  w.held_ports->release();
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
  EXPECT_TRUE(w.ports->routes().empty());
}

TEST_F(recovery_of_ports_test, a_port_of_nobody_is_let_go) {
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  ASSERT_TRUE(test::run_coroutine(w.loop, w.ports->lead({.host = host, .owner = deployment_name{"nobody"}})));
  look_again();
  EXPECT_TRUE(w.eventually([&] { return w.ports->routes().empty(); }));
}

TEST_F(recovery_of_ports_test, a_port_that_a_deployment_has_no_use_for_is_let_go_and_its_own_stays) {
  port const other = test::tagged_server("127.0.0.1", 0, "").port();
  w.open();
  w.put("app", host);
  w.deploy();
  auto const its = led_to();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  ASSERT_TRUE(test::run_coroutine(w.loop, w.ports->lead({.host = other, .owner = app})));
  look_again();
  EXPECT_TRUE(w.eventually([&] { return !w.ports->find_route(other); }));
  EXPECT_EQ(led_to(), its);
  // What would be deployed with another port serves with this one until then.
  w.put("app", other);
  for (auto const looks = w.engine_world.count(route::list); w.engine_world.count(route::list) < looks + 2;)
    look_again();
  EXPECT_EQ(led_to(), its);
}

TEST_F(recovery_of_ports_test, a_port_of_a_stopped_deployment_is_let_go) {
  w.open();
  w.put("app", host);
  w.deploy();
  auto const stop = test::run_coroutine(w.loop, w.service->act_on_serving(app, run_kind::stop));
  ASSERT_TRUE(stop);
  ASSERT_EQ(w.end_of(*stop).step, run_step::done);
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  ASSERT_TRUE(test::run_coroutine(w.loop, w.ports->lead({.host = host, .owner = app})));
  look_again();
  EXPECT_TRUE(w.eventually([&] { return w.ports->routes().empty(); }));
}

}  // namespace
}  // namespace krane
