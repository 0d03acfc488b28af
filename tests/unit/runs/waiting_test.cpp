// Runs that wait: what for, and how they are cancelled.
#include <gmock/gmock.h>

#include <algorithm>

#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;

class waiting_run_test : public testing::Test {
protected:
  // A run that pulls until the test is over.
  run stall(std::string name) {
    auto const before = w.engine_world.count(route::pull);
    w.engine_world.registry(test::registry_does::stall, 1);
    run const r = w.accept(std::move(name));
    EXPECT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == before + 1; }));
    return r;
  }
  run cancel(run const& r) {
    auto asked = test::run_coroutine(w.loop, w.service->cancel(r.what.name, r.id));
    EXPECT_TRUE(asked) << asked.error().message;
    return kept(r);
  }
  run kept(run const& r) { return **test::run_coroutine(w.loop, w.state->runs().find(r.id)); }
  std::vector<std::string> said(run const& r, std::string const& phase) {
    std::vector<std::string> all;
    for (event const& e : w.events)
      if (e.run == r.id && e.phase == phase) all.push_back(e.message);
    return all;
  }
  test::run_world w;
};

TEST_F(waiting_run_test, says_that_it_waits_for_the_run_before_it) {
  w.open();
  w.put();
  run const first = stall("app");
  run const second = w.accept("app", "v2");
  EXPECT_EQ(w.service->waits_for(first), std::nullopt);
  EXPECT_EQ(w.service->waits_for(second), "run 1");
  EXPECT_THAT(said(second, "wait"), testing::ElementsAre("Waiting for run 1"));
  cancel(first);
  EXPECT_EQ(w.end_of(second).step, run_step::done);
  EXPECT_EQ(w.service->waits_for(second), std::nullopt);
}

TEST_F(waiting_run_test, says_that_it_waits_for_its_slot) {
  w.at_once = 1;
  w.open();
  w.put("other");
  w.put();
  run const other = stall("other");
  run const r = w.accept();
  EXPECT_TRUE(w.eventually([&] { return w.service->waits_for(r) == "a free slot"; }));
  EXPECT_TRUE(w.eventually([&] { return said(r, "wait").size() == 1; }));
  EXPECT_EQ(said(r, "wait").front(), "Waiting for a free slot");
  cancel(other);
  EXPECT_EQ(w.end_of(r).step, run_step::done);
}

TEST_F(waiting_run_test, says_that_it_waits_for_the_engine) {
  w.open();
  w.put();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  w.engine_world.down();
  run const r = w.accept();
  EXPECT_TRUE(w.eventually([&] { return w.service->waits_for(r) == "the engine"; }));
  w.engine_world.up();
  EXPECT_EQ(w.end_of(r).step, run_step::done);
  EXPECT_EQ(w.service->waits_for(r), std::nullopt);
}

TEST_F(waiting_run_test, is_cancelled_at_once_while_all_slots_are_taken) {
  w.at_once = 1;
  w.open();
  w.put();
  run const first = w.deploy();
  w.put("other");
  run const other = stall("other");
  run const r = w.accept("app", "v2");
  EXPECT_EQ(cancel(r).step, run_step::cancelled);
  EXPECT_EQ(w.now().status, deployment_status::running);
  EXPECT_EQ(w.now().serving, first.id);
  EXPECT_EQ(said(r, "cancelled").size(), 1U);
  EXPECT_EQ(kept(other).step, run_step::accepted) << "which is still at it";
  cancel(other);
  run const next = w.deploy("app", "v2");
  EXPECT_EQ(next.step, run_step::done) << "nothing of it is in the way of the next";
  EXPECT_EQ(said(r, "cancelled").size(), 1U);
  w.expect_only_serving();
}

TEST_F(waiting_run_test, is_cancelled_at_once_behind_another_which_goes_on) {
  w.open();
  w.put();
  run const first = stall("app");
  run const second = w.accept("app", "v2");
  EXPECT_EQ(cancel(second).step, run_step::cancelled);
  EXPECT_EQ(w.now().status, deployment_status::deploying) << "by the first";
  EXPECT_EQ(kept(first).step, run_step::accepted);
  cancel(first);
  EXPECT_EQ(w.end_of(first).step, run_step::cancelled);
  EXPECT_EQ(w.now().status, deployment_status::idle);
}

TEST_F(waiting_run_test, is_cancelled_whatever_it_would_do) {
  w.at_once = 1;
  w.open();
  w.put();
  run const first = w.deploy();
  w.put("other");
  run const other = stall("other");
  auto const stop = test::run_coroutine(w.loop, w.service->act_on_serving(first.what.name, run_kind::stop));
  ASSERT_TRUE(stop);
  EXPECT_EQ(cancel(*stop).step, run_step::cancelled);
  EXPECT_EQ(w.now().status, deployment_status::running);
  auto const scale = test::run_coroutine(w.loop, w.service->scale(first.what.name, 2));
  ASSERT_TRUE(scale);
  EXPECT_EQ(cancel(*scale).step, run_step::cancelled);
  EXPECT_EQ(w.now().replicas, 1U);
  cancel(other);
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.containers().size() == 1; }));
  EXPECT_EQ(w.engine_world.containers()[0].status, "running");
}

TEST_F(waiting_run_test, of_a_stopped_deployment_leaves_it_stopped) {
  w.at_once = 1;
  w.open();
  w.put();
  run const first = w.deploy();
  auto const stop = test::run_coroutine(w.loop, w.service->act_on_serving(first.what.name, run_kind::stop));
  ASSERT_TRUE(stop);
  w.end_of(*stop);
  w.put("other");
  run const other = stall("other");
  run const r = w.accept("app", "v2");
  EXPECT_EQ(cancel(r).step, run_step::cancelled);
  EXPECT_EQ(w.now().status, deployment_status::stopped);
  cancel(other);
}

TEST_F(waiting_run_test, ends_at_the_next_start_before_anything_else_if_its_cancel_was_not_carried_out) {
  w.open();
  w.put();
  run const first = stall("app");
  run const second = w.accept("app", "v2");
  ASSERT_TRUE(test::run_coroutine(w.loop, w.state->runs().request_cancel(first.what.name, second.id, w.time.now())));
  w.close();
  w.hold_front = true;
  w.open();
  EXPECT_EQ(w.end_of(second).step, run_step::cancelled) << "without its turn";
  EXPECT_EQ(kept(first).step, run_step::accepted);
  w.held_ports->release();
  EXPECT_EQ(w.end_of(first).step, run_step::done);
}

}  // namespace
}  // namespace krane
