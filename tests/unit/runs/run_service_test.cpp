// The whole runs room on a real store, with the real engine client talking to a scripted engine.
#include "runs/run_service.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "model/reason.hpp"
#include "support/tagged_server.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::image_v1;
using test::route;
using test::scripted_container;
using test::scripted_engine;

class run_service_test : public testing::Test {
protected:
  void SetUp() override { w.open(); }
  test::run_world w;
};

TEST_F(run_service_test, brings_a_deployment_up) {
  w.put();
  run const r = w.deploy();
  EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : "");
  EXPECT_EQ(w.now().status, deployment_status::running);
  w.expect_only_serving();
  EXPECT_EQ(w.engine_world.containers()[0].name, "app-" + r.id.str());
}

TEST_F(run_service_test, replaces_the_release_side_by_side_without_a_host_port) {
  w.put();
  w.deploy();
  w.engine_world.forget_calls();
  run const second = w.deploy("app", "v2");
  ASSERT_EQ(second.step, run_step::done);
  w.expect_only_serving();
  std::vector<route> order;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::start || call.where == route::stop) order.push_back(call.where);
  EXPECT_EQ(order, (std::vector{route::start, route::stop})) << "the new one first, then the old one's end";
}

TEST_F(run_service_test, stops_the_old_release_first_when_they_share_a_host_port) {
  w.put("app", 9002);
  w.deploy();
  w.engine_world.forget_calls();
  ASSERT_EQ(w.deploy("app", "v2").step, run_step::done);
  w.expect_only_serving();
  std::vector<route> order;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::start || call.where == route::stop) order.push_back(call.where);
  EXPECT_EQ(order, (std::vector{route::stop, route::start}));
}

TEST_F(run_service_test, starts_the_old_release_again_when_the_new_one_fails_on_the_same_host_port) {
  w.close();
  w.check_limit = 400ms;
  w.open();
  w.put("app", 9002);
  run const first = w.deploy();
  for (std::string const tag : {"crash", "deaf"}) {
    run const bad = w.deploy("app", tag);
    EXPECT_EQ(bad.step, run_step::failed) << tag;
    EXPECT_EQ(w.now().serving, first.id) << tag;
    w.expect_only_serving();
  }
}

TEST_F(run_service_test, says_that_an_image_is_for_another_kind_of_machine) {
  test::scripted_image foreign{.exits = 1};
  foreign.architecture = "arm64";
  w.engine_world.registry_has("docker.io/krane-test/web:foreign", foreign);
  w.put();
  EXPECT_THAT(w.deploy("app", "foreign").why_failed->message,
              testing::HasSubstr("; the image is for arm64, and this machine is amd64"));
}

TEST_F(run_service_test, says_how_a_container_ended_and_what_it_wrote) {
  w.put();
  run const bad = w.deploy("app", "crash");
  ASSERT_EQ(bad.step, run_step::failed);
  EXPECT_EQ(bad.why_failed->reason, reason::container_exited);
  EXPECT_EQ(bad.why_failed->exit_code, 3);
  EXPECT_EQ(bad.why_failed->output, (std::vector<std::string>{"about to fail", "bye"}));
  EXPECT_EQ(w.now().status, deployment_status::failed);
  EXPECT_TRUE(w.engine_world.containers().empty()) << "a failed container must not be left";
}

TEST_F(run_service_test, knows_a_missing_command_by_its_exit_code) {
  w.engine_world.registry_has("docker.io/krane-test/web:nothing", {.exits = 127});
  w.put();
  run const bad = w.deploy("app", "nothing");
  ASSERT_EQ(bad.step, run_step::failed);
  EXPECT_EQ(bad.why_failed->reason, reason::command_not_found);
  EXPECT_EQ(bad.why_failed->exit_code, 127);
}

TEST_F(run_service_test, names_the_image_as_people_know_it_until_its_tag_has_moved) {
  w.put();
  w.deploy();
  EXPECT_EQ(w.engine_world.containers()[0].image, image_v1);
}

TEST_F(run_service_test, says_that_nothing_listens) {
  w.close();
  w.check_limit = 400ms;
  w.open();
  w.put();
  run const bad = w.deploy("app", "deaf");
  ASSERT_EQ(bad.step, run_step::failed);
  EXPECT_EQ(bad.why_failed->reason, reason::unhealthy);
  EXPECT_NE(bad.why_failed->message.find("8080"), std::string::npos) << bad.why_failed->message;
}

TEST_F(run_service_test, waits_a_moment_for_a_port_that_was_just_freed) {
  w.put("app", 9002);
  w.deploy();
  w.engine_world.linger_ports(2);
  EXPECT_EQ(w.deploy("app", "v2").step, run_step::done);
  w.expect_only_serving();
}

TEST_F(run_service_test, fails_on_a_port_that_another_program_holds_and_keeps_the_old_release) {
  w.put("app", 9001);
  run const first = w.deploy();
  w.put("app", 9002);
  w.engine_world.occupy_port(9002);
  run const bad = w.deploy();
  ASSERT_EQ(bad.step, run_step::failed);
  EXPECT_EQ(bad.why_failed->reason, reason::port_in_use);
  EXPECT_NE(bad.why_failed->message.find("9002"), std::string::npos) << bad.why_failed->message;
  EXPECT_EQ(w.now().serving, first.id);
  w.expect_only_serving();
}

TEST_F(run_service_test, tells_what_the_registry_said) {
  w.put();
  run const unknown = w.deploy("app", "no-such-tag");
  EXPECT_EQ(unknown.why_failed->reason, reason::image_not_found);
  w.engine_world.registry(test::registry_does::deny);
  EXPECT_EQ(w.deploy().why_failed->reason, reason::registry_denied);
}

TEST_F(run_service_test, tries_an_unreachable_registry_again) {
  w.put();
  w.engine_world.registry(test::registry_does::refuse_connection, 1);
  EXPECT_EQ(w.deploy().step, run_step::done);
}

TEST_F(run_service_test, adopts_a_container_whose_creation_was_not_answered) {
  w.put();
  w.engine_world.lose_answer(route::create);
  EXPECT_EQ(w.deploy().step, run_step::done);
  w.expect_only_serving();
}

TEST_F(run_service_test, survives_lost_answers_of_every_call) {
  w.put("app", 9002);
  for (route const lost :
       {route::pull, route::create, route::start, route::stop, route::remove, route::list, route::inspect}) {
    w.engine_world.lose_answer(lost);
    run const r = w.deploy("app", w.now().serving && lost != route::pull ? "v2" : "latest");
    EXPECT_EQ(r.step, run_step::done) << static_cast<int>(lost) << (r.why_failed ? r.why_failed->message : "");
    w.expect_only_serving();
  }
}

TEST_F(run_service_test, waits_for_an_engine_that_is_down_and_then_goes_on) {
  w.put();
  w.engine_world.down();
  run const r = w.accept();
  ASSERT_TRUE(
      w.eventually([&] { return std::ranges::any_of(w.events, [](event const& e) { return e.phase == "wait"; }); }));
  w.engine_world.up();
  EXPECT_EQ(w.end_of(r).step, run_step::done);
}

TEST_F(run_service_test, never_touches_a_strangers_container_of_the_same_name) {
  w.put();
  run const r = w.accept();
  w.engine_world.engine_has("stranger:1");
  auto const theirs = w.engine_world.add_container("app-" + r.id.str(), "stranger:1", {});
  run const ended = w.end_of(r);
  EXPECT_EQ(ended.step, run_step::failed);
  EXPECT_EQ(ended.why_failed->reason, reason::name_conflict);
  ASSERT_TRUE(w.engine_world.container(theirs.str()));
  EXPECT_EQ(w.engine_world.container(theirs.str())->status, "running");
}

TEST_F(run_service_test, keeps_only_the_newest_of_the_waiting_runs) {
  w.put();
  w.engine_world.hang(route::pull);
  run const first = w.accept();
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == 1; }));
  run const second = w.accept("app", "v2");
  run const third = w.accept("app", "latest");
  EXPECT_EQ(w.end_of(second).step, run_step::superseded);
  w.engine_world.let_go(route::pull);
  EXPECT_EQ(w.end_of(first).step, run_step::done);
  EXPECT_EQ(w.end_of(third).step, run_step::done);
  EXPECT_EQ(w.now().serving, third.id);
  w.expect_only_serving();
  EXPECT_EQ(w.engine_world.count(route::create), 2U) << "the one between is never carried out";
}

TEST_F(run_service_test, cancels_a_run_that_pulls) {
  w.put();
  run const first = w.deploy();
  w.engine_world.registry(test::registry_does::stall, 1);
  run const r = w.accept("app", "v2");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == 2; }));
  auto asked = test::run_coroutine(w.loop, w.service->cancel(deployment_name{"app"}, r.id));
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(w.end_of(r).step, run_step::cancelled);
  EXPECT_EQ(w.now().serving, first.id);
  w.expect_only_serving();
}

TEST_F(run_service_test, removes_a_deployment_with_its_containers_images_and_record) {
  w.put();
  w.deploy();
  auto removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(removal) << removal.error().message;
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
  EXPECT_TRUE(w.engine_world.containers().empty());
  EXPECT_TRUE(w.engine_world.images().empty());
  EXPECT_EQ(w.state->find_deployment(deployment_name{"app"}), nullptr);
}

TEST_F(run_service_test, asks_what_it_removes_to_end_before_it_removes_it) {
  w.put();
  w.deploy();
  w.engine_world.forget_calls();
  auto removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(removal) << removal.error().message;
  w.end_of(*removal);
  std::vector<std::string> asked;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::stop || call.where == route::remove)
      asked.push_back(call.where == route::stop ? "stop" + call.target.substr(call.target.find('?')) : "remove");
  EXPECT_EQ(asked, (std::vector<std::string>{"stop?t=1", "remove"}));
}

TEST_F(run_service_test, removes_a_deployment_whose_run_is_under_way) {
  w.put();
  w.engine_world.registry(test::registry_does::stall, 1);
  run const r = w.accept();
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::pull) == 1; }));
  auto removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(removal) << removal.error().message;
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
  EXPECT_EQ(w.end_of(r).step, run_step::cancelled);
  EXPECT_TRUE(w.engine_world.containers().empty());
}

TEST_F(run_service_test, refuses_runs_of_what_is_unknown_or_being_removed) {
  auto unknown = test::run_coroutine(w.loop, w.service->deploy(deployment_name{"nobody"}, std::nullopt));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, errc::not_found);
  w.put();
  w.deploy();
  w.engine_world.hang(route::stop);
  auto removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(removal);
  auto late = test::run_coroutine(w.loop, w.service->deploy(deployment_name{"app"}, std::nullopt));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason, reason::deployment_deleting);
  w.engine_world.let_go(route::stop);
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
}

TEST_F(run_service_test, brings_back_a_release_that_was_removed_behind_its_back) {
  w.put();
  run const r = w.deploy();
  auto const before = w.engine_world.containers()[0].id;
  w.engine_world.remove_container(before);
  ASSERT_TRUE(w.eventually([&] {
    auto const all = w.engine_world.containers();
    return all.size() == 1 && all[0].id != before && all[0].status == "running";
  }));
  EXPECT_EQ(w.engine_world.containers()[0].name, "app-" + r.id.str());
}

TEST_F(run_service_test, does_not_try_without_end_what_cannot_be_brought_back) {
  w.put("app", 9002);
  w.deploy();
  w.engine_world.occupy_port(9002);
  w.engine_world.remove_container(w.engine_world.containers()[0].id);
  ASSERT_TRUE(w.eventually([&] { return w.now().status == deployment_status::down; }));
  w.engine_world.forget_calls();
  for (std::size_t looks = 1; looks <= 3; ++looks) {
    w.engine_world.emit(w.engine_world.containers()[0].id, "start");
    ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::list) >= looks; }));
  }
  EXPECT_EQ(w.engine_world.count(route::start), 0U) << "every look tried it again";
}

TEST_F(run_service_test, brings_back_at_a_later_look_what_could_not_be_brought_back_at_first) {
  w.put("app", 9002);
  w.deploy();
  w.engine_world.occupy_port(9002);
  w.engine_world.remove_container(w.engine_world.containers()[0].id);
  ASSERT_TRUE(w.eventually([&] { return w.now().status == deployment_status::down; }));
  w.engine_world.release_port(9002);
  w.restart();
  EXPECT_TRUE(w.eventually([&] { return w.now().status == deployment_status::running; }));
  w.expect_only_serving();
}

TEST_F(run_service_test, leaves_a_copy_of_its_container_alone_name_and_labels_and_all) {
  w.put();
  w.deploy();
  auto const ours = w.engine_world.containers()[0];
  w.close();
  w.engine_world.engine_has("stranger:1");
  w.engine_world.remove_container(ours.id);
  auto const copy = w.engine_world.add_container(ours.name, "stranger:1", ours.marks, false);
  w.open();
  ASSERT_TRUE(w.eventually([&] { return w.now().status == deployment_status::down; }));
  EXPECT_EQ(w.engine_world.container(copy.str())->status, "created") << "it was started";
}

TEST_F(run_service_test, leaves_strangers_that_copied_its_labels_alone) {
  w.put();
  w.deploy();
  w.engine_world.engine_has("stranger:1");
  labels const copied = w.engine_world.containers()[0].marks;
  auto const theirs = w.engine_world.add_container("my-own-thing", "stranger:1", copied);
  w.engine_world.restart();  // makes it look at everything again
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::list) >= 3; }));
  EXPECT_TRUE(w.engine_world.container(theirs.str()));
  auto removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(removal);
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
  ASSERT_EQ(w.engine_world.containers().size(), 1U);
  EXPECT_EQ(w.engine_world.containers()[0].id, theirs);
}

TEST_F(run_service_test, removes_left_overs_at_its_start) {
  w.put();
  w.deploy();
  labels const marks = marked(marks_of(deployment_name{"app"}, run_id{"deadbeef"}, w.state->instance()), *w.secrets);
  w.close();
  w.engine_world.engine_has(image_v1, {.listens = {8080}});
  auto const left = w.engine_world.add_container("app-deadbeef", image_v1, marks);
  w.open();
  EXPECT_TRUE(w.eventually([&] { return !w.engine_world.container(left.str()); }));
  w.expect_only_serving();
}

TEST_F(run_service_test, goes_on_with_a_run_that_a_stop_interrupted) {
  w.put("app", 9002);
  run const first = w.deploy();
  w.engine_world.hang(route::start);
  run const second = w.accept("app", "v2");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::start) == 2; }));
  w.close();
  w.engine_world.let_go(route::start);
  w.open();
  EXPECT_EQ(w.end_of(second).step, run_step::done);
  EXPECT_EQ(w.now().serving, second.id);
  w.expect_only_serving();
  EXPECT_NE(first.id, second.id);
}

TEST_F(run_service_test, tells_deployments_of_what_the_engine_says_of_their_containers) {
  w.put();
  w.deploy();
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  w.engine_world.emit(w.engine_world.containers()[0].id, "health_status: unhealthy");
  EXPECT_TRUE(w.eventually([&] {
    return std::ranges::any_of(
        w.events, [](event const& e) { return e.phase == "container" && e.message.ends_with("is unhealthy"); });
  }));
}

TEST_F(run_service_test, runs_many_deployments_at_once) {
  std::vector<run> all;
  for (int i = 0; i < 12; ++i) {
    w.put("app" + std::to_string(i));
    all.push_back(w.accept("app" + std::to_string(i)));
  }
  for (run const& r : all) EXPECT_EQ(w.end_of(r).step, run_step::done);
  EXPECT_EQ(w.engine_world.containers().size(), 12U);
}

// --- with a host port that the front holds

class front_run_test : public run_service_test {
protected:
  front_run_test() { w.publish = publish_by::front; }
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  // What listens in a container of the scripted engine closes a connection that it accepted, without a word.
  bool answers() { return test::tcp_client("127.0.0.1", host).connected(); }
  container_id led_to() {
    auto const route = w.ports->find_route(host);
    return route && !route->to.empty() ? route->to.front().container : container_id{};
  }
  void expect_led_to_serving() {
    w.expect_only_serving();
    EXPECT_EQ(led_to(), w.engine_world.containers()[0].id);
    EXPECT_FALSE(w.ports->find_route(host)->to.at(0).address.empty());
    EXPECT_TRUE(answers());
  }
  port const host = test::tagged_server("127.0.0.1", 0, "").port();
};

TEST_F(front_run_test, never_publishes_the_port_by_the_engine) {
  w.put("app", host);
  run const r = w.deploy();
  EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : "");
  EXPECT_TRUE(r.through_front);
  EXPECT_EQ(r.order, run_order::side_by_side);
  EXPECT_FALSE(w.engine_world.containers()[0].host_port);
  expect_led_to_serving();
}

TEST_F(front_run_test, switches_to_the_new_release_while_the_old_one_runs) {
  w.put("app", host);
  w.deploy();
  w.engine_world.forget_calls();
  run const r = w.deploy("app", "v2");
  EXPECT_EQ(r.step, run_step::done);
  EXPECT_EQ(r.order, run_order::side_by_side);
  ASSERT_TRUE(r.traffic);
  EXPECT_EQ(r.traffic->refused, 0u);
  EXPECT_THAT(w.events.back().message, testing::HasSubstr("switched, 0 refused"));
  std::vector<route> order;
  for (auto const& call : w.engine_world.calls())
    if (call.where == route::start || call.where == route::stop) order.push_back(call.where);
  EXPECT_EQ(order, (std::vector{route::start, route::stop}));
  expect_led_to_serving();
}

TEST_F(front_run_test, a_broken_release_leaves_the_port_as_it_was) {
  w.put("app", host);
  w.deploy();
  container_id const before = led_to();
  EXPECT_EQ(w.deploy("app", "crash").step, run_step::failed);
  EXPECT_EQ(led_to(), before);
  expect_led_to_serving();
}

TEST_F(front_run_test, a_broken_first_release_leaves_no_port_open) {
  w.put("app", host);
  EXPECT_EQ(w.deploy("app", "crash").step, run_step::failed);
  EXPECT_FALSE(w.ports->find_route(host));
  EXPECT_FALSE(answers());
}

TEST_F(front_run_test, recreate_stops_the_old_one_first_and_holds_what_comes_meanwhile) {
  w.put("app", host, rollout::recreate);
  w.deploy();
  w.engine_world.hang(route::stop);
  run const accepted = w.accept("app", "v2");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::stop) > 0; }));
  EXPECT_EQ(led_to(), container_id{}) << "connections wait";
  w.engine_world.let_go(route::stop);
  run const r = w.end_of(accepted);
  EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : "");
  EXPECT_EQ(r.order, run_order::stop_first);
  expect_led_to_serving();
}

TEST_F(front_run_test, a_broken_recreate_leads_back_to_the_old_release) {
  w.put("app", host, rollout::recreate);
  w.deploy();
  container_id const before = led_to();
  EXPECT_EQ(w.deploy("app", "crash").step, run_step::failed);
  EXPECT_EQ(led_to(), before);
  expect_led_to_serving();
}

TEST_F(front_run_test, a_removal_takes_the_port_away) {
  w.put("app", host);
  w.deploy();
  auto const removal = test::run_coroutine(w.loop, w.service->remove(deployment_name{"app"}));
  ASSERT_TRUE(removal) << removal.error().message;
  EXPECT_EQ(w.end_of(*removal).step, run_step::done);
  EXPECT_FALSE(w.ports->find_route(host));
  EXPECT_FALSE(answers());
}

TEST_F(front_run_test, a_new_host_port_replaces_the_old_one) {
  w.put("app", host);
  w.deploy();
  port const second = test::tagged_server("127.0.0.1", 0, "").port();
  w.put("app", second);
  EXPECT_EQ(w.deploy().step, run_step::done);
  EXPECT_FALSE(w.ports->find_route(host));
  EXPECT_TRUE(w.ports->find_route(second));
}

TEST_F(front_run_test, a_port_of_another_program_is_refused_before_anything_is_touched) {
  test::tagged_server const stranger("127.0.0.1", 0, "stranger");
  w.put("app", stranger.port());
  auto const refused = test::run_coroutine(w.loop, w.service->deploy(deployment_name{"app"}, std::nullopt));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_EQ(refused.error().reason, reason::port_in_use);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("unit_runs"));
  EXPECT_TRUE(w.engine_world.containers().empty());
  EXPECT_EQ(w.now().status, deployment_status::idle);
}

TEST_F(front_run_test, a_conflict_in_ports_names_the_port_and_the_deployment_that_has_it) {
  auto const words = [&](port wanted, std::string const& name) {
    w.engine_world.occupy_port(wanted);
    w.put(name);
    spec s = w.now(name).config;
    s.service.ports = {{.host = wanted, .container = 8080}};
    EXPECT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
    run const bad = w.deploy(name);
    EXPECT_EQ(bad.step, run_step::failed);
    return bad.why_failed ? bad.why_failed->message : "";
  };
  w.put("shop", host);
  w.deploy("shop");
  EXPECT_THAT(words(host, "one"), testing::HasSubstr("port " + std::to_string(host) +
                                                     " (in ports) is in use by deployment shop (its host_port)"));
  test::tagged_server const stranger("127.0.0.1", 0, "stranger");
  w.put("idle", stranger.port());
  auto const by_a_stranger = words(stranger.port(), "two");
  EXPECT_THAT(by_a_stranger, testing::HasSubstr("is in use by unit_runs"));
  EXPECT_THAT(by_a_stranger, testing::Not(testing::HasSubstr("idle"))) << "which only wants it";
}

TEST_F(front_run_test, goes_from_the_engine_to_the_front_and_back) {
  w.close();
  w.publish = publish_by::engine;
  w.open();
  w.put("app", host);
  run const by_engine = w.deploy();
  EXPECT_EQ(by_engine.step, run_step::done);
  EXPECT_FALSE(by_engine.through_front);
  w.close();
  w.publish = publish_by::front;
  w.open();
  run const by_front = w.deploy("app", "v2");
  EXPECT_EQ(by_front.step, run_step::done) << (by_front.why_failed ? by_front.why_failed->message : "");
  EXPECT_TRUE(by_front.through_front);
  expect_led_to_serving();
  w.close();
  w.publish = publish_by::engine;
  w.open();
  run const again = w.deploy();
  EXPECT_EQ(again.step, run_step::done) << (again.why_failed ? again.why_failed->message : "");
  EXPECT_FALSE(w.ports->find_route(host));
  w.expect_only_serving();
  EXPECT_EQ(w.engine_world.containers()[0].host_port, host);
}

TEST_F(front_run_test, connections_wait_while_a_container_is_down_and_find_it_when_it_is_back) {
  w.put("app", host);
  w.deploy();
  container_id const serving = led_to();
  w.engine_world.exit_container(serving, 1);
  EXPECT_TRUE(w.eventually([&] {
    auto const now = w.ports->find_route(host);
    return now && !now->to.empty() && w.engine_world.containers()[0].status == "running" &&
           !now->to.front().address.empty();
  }));
  expect_led_to_serving();
}

TEST_F(front_run_test, the_port_stays_held_over_a_restart_of_the_server) {
  w.put("app", host);
  w.deploy();
  pid_t const before = w.ports_folder.master();
  w.restart();
  EXPECT_TRUE(answers());
  ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  EXPECT_EQ(w.ports_folder.master(), before);
  expect_led_to_serving();
}

}  // namespace
}  // namespace krane
