#include "runs/reconcile.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"

#include "runs/ownership.hpp"
#include "runs/plan.hpp"

namespace krane {
namespace {

instance_id const us{"instance-1"};
std::string const net = "krane";

deployment a_deployment(std::string name, std::optional<std::string> serving,
                        deployment_status status = deployment_status::running) {
  deployment d;
  d.config.name = deployment_name{std::move(name)};
  d.status = status;
  if (serving) d.serving = run_id{*serving};
  return d;
}

container_summary a_container(std::string const& deployment, std::string const& run, std::string status = "running") {
  container_summary c;
  c.id = container_id{"id-of-" + run};
  c.name = deployment + "-" + run;
  c.marks = marks_of(deployment_name{deployment}, run_id{run}, us);
  if (status == "running") c.addresses[net] = "10.0.0.2";
  c.status = std::move(status);
  return c;
}

bool nobody(deployment_name const&) {
  return false;
}

TEST(reconcile, leaves_a_running_release_alone) {
  deployment const d = a_deployment("app", "11111111");
  auto const found = find_corrections({&d}, {a_container("app", "11111111")}, nobody, {}, net);
  EXPECT_TRUE(found.remove.empty());
  EXPECT_TRUE(found.bring_back.empty());
  EXPECT_TRUE(found.status.empty());
}

TEST(reconcile, removes_what_no_release_uses) {
  deployment const d = a_deployment("app", "11111111");
  auto const found = find_corrections(
      {&d}, {a_container("app", "11111111"), a_container("app", "22222222"), a_container("gone", "33333333")}, nobody,
      {}, net);
  EXPECT_TRUE(found.remove.empty()) << "a program that runs is asked to end first";
  ASSERT_EQ(found.retire.size(), 2U);
  EXPECT_EQ(found.retire[0].name, "app-22222222");
  EXPECT_EQ(found.retire[1].name, "gone-33333333");
}

TEST(reconcile, asks_every_program_to_end_that_can_still_be_asked) {
  for (std::string const status : {"running", "paused", "restarting", "created", "exited", "dead"}) {
    auto const found = find_corrections({}, {a_container("gone", "33333333", status)}, nobody, {}, net);
    bool const lives = status == "running" || status == "paused" || status == "restarting";
    EXPECT_EQ(found.retire.size(), lives ? 1U : 0U) << status;
    EXPECT_EQ(found.remove.size(), lives ? 0U : 1U) << status;
  }
}

TEST(reconcile, takes_a_kept_release_off_the_network_where_an_older_krane_left_it) {
  deployment d = a_deployment("app", "22222222");
  time_point const until = *parse_rfc3339("2026-01-02T03:04:05Z");
  d.warm = warm_release{run_id{"11111111"}, run_id{"11111111"}, until};
  container_summary kept = a_container("app", "11111111", "paused");
  auto const look = [&] {
    return find_corrections({&d}, {a_container("app", "22222222"), kept}, nobody, until - std::chrono::seconds{1}, net);
  };
  EXPECT_TRUE(look().rest.empty());
  kept.addresses[net] = "10.0.0.3";
  ASSERT_EQ(look().rest.size(), 1U);
  EXPECT_TRUE(look().retire.empty());
}

TEST(reconcile, keeps_a_paused_release_for_as_long_as_it_is_to_be_kept) {
  deployment d = a_deployment("app", "22222222");
  time_point const until = *parse_rfc3339("2026-01-02T03:04:05Z");
  d.warm = warm_release{run_id{"11111111"}, run_id{"11111111"}, until};
  auto const look = [&](std::string const& status, time_point now) {
    return find_corrections({&d}, {a_container("app", "22222222"), a_container("app", "11111111", status)}, nobody, now,
                            net);
  };
  auto const before = look("paused", until - std::chrono::seconds{1});
  EXPECT_TRUE(before.remove.empty() && before.retire.empty());
  EXPECT_EQ(look("paused", until).retire.size(), 1U);
  EXPECT_EQ(look("running", until - std::chrono::seconds{1}).retire.size(), 1U) << "it would work beside the new one";
}

TEST(reconcile, knows_containers_that_another_run_made) {
  deployment d = a_deployment("app", "33333333");
  d.made_by = run_id{"11111111"};
  auto const found = find_corrections({&d}, {a_container("app", "11111111")}, nobody, {}, net);
  EXPECT_TRUE(found.remove.empty());
  EXPECT_TRUE(found.bring_back.empty());
}

TEST(reconcile, wants_all_replicas_and_no_more) {
  deployment d = a_deployment("app", "11111111");
  d.replicas = 2;
  auto const replica = [&](std::uint32_t number, std::string status = "running") {
    container_summary c = a_container("app", "11111111", std::move(status));
    c.marks = marks_of(d.config.name, run_id{"11111111"}, us, number);
    return c;
  };
  auto const good = find_corrections({&d}, {replica(0), replica(1)}, nobody, {}, net);
  EXPECT_TRUE(good.remove.empty() && good.bring_back.empty() && good.status.empty());
  EXPECT_EQ(find_corrections({&d}, {replica(1)}, nobody, {}, net).bring_back.size(), 1U);
  EXPECT_EQ(find_corrections({&d}, {replica(0), replica(1, "exited")}, nobody, {}, net).bring_back.size(), 1U);
  EXPECT_EQ(find_corrections({&d}, {replica(0), replica(1), replica(2)}, nobody, {}, net).retire.size(), 1U);
  EXPECT_TRUE(find_corrections({&d}, {replica(0), replica(1, "restarting")}, nobody, {}, net).status.empty())
      << "the one that runs serves";
}

TEST(reconcile, brings_back_a_release_whose_container_was_removed_or_stopped) {
  deployment const d = a_deployment("app", "11111111");
  EXPECT_EQ(find_corrections({&d}, {}, nobody, {}, net).bring_back, std::vector{d.config.name});
  EXPECT_EQ(find_corrections({&d}, {a_container("app", "11111111", "exited")}, nobody, {}, net).bring_back,
            std::vector{d.config.name});
}

TEST(reconcile, brings_back_a_release_that_runs_and_cannot_be_reached) {
  deployment const d = a_deployment("app", "11111111");
  container_summary c = a_container("app", "11111111");
  c.addresses.clear();
  EXPECT_EQ(find_corrections({&d}, {c}, nobody, {}, net).bring_back, std::vector{d.config.name});
  c.addresses[net] = "";
  EXPECT_EQ(find_corrections({&d}, {c}, nobody, {}, net).bring_back, std::vector{d.config.name});
  c.addresses = {{"other", "10.0.0.9"}};
  EXPECT_EQ(find_corrections({&d}, {c}, nobody, {}, net).bring_back, std::vector{d.config.name});
  c.addresses = {{"host", ""}};
  EXPECT_TRUE(find_corrections({&d}, {c}, nobody, {}, net).bring_back.empty());
}

TEST(reconcile, leaves_a_restart_to_the_engine_and_tells_of_it) {
  deployment const d = a_deployment("app", "11111111");
  auto const found = find_corrections({&d}, {a_container("app", "11111111", "restarting")}, nobody, {}, net);
  EXPECT_TRUE(found.bring_back.empty());
  ASSERT_EQ(found.status.size(), 1U);
  EXPECT_EQ(found.status[0].now, deployment_status::restarting);
}

TEST(reconcile, tells_of_what_runs_whether_it_is_well) {
  deployment const d = a_deployment("app", "11111111");
  auto const status = [&](container_summary c, seen_closely const& closely = {}) {
    auto const found = find_corrections({&d}, {std::move(c)}, nobody, {}, net, closely);
    EXPECT_TRUE(found.bring_back.empty());
    return found.status.empty() ? d.status : found.status[0].now;
  };
  container_summary one = a_container("app", "11111111");
  EXPECT_EQ(status(one, {.done = {}, .restarting = {one.id}}), deployment_status::restarting)
      << "it runs since a moment ago";
  one.health = "unhealthy";
  EXPECT_EQ(status(one), deployment_status::unhealthy);
  one.health = "healthy";
  EXPECT_EQ(status(one), deployment_status::running);
  EXPECT_EQ(status(a_container("app", "11111111", "paused")), deployment_status::down);
}

TEST(reconcile, leaves_ended_what_its_restart_policy_leaves_ended) {
  deployment d = a_deployment("app", "11111111");
  auto const one = a_container("app", "11111111", "exited");
  auto found = find_corrections({&d}, {one}, nobody, {}, net, {.done = {one.id}, .restarting = {}});
  EXPECT_TRUE(found.bring_back.empty());
  ASSERT_EQ(found.status.size(), 1U);
  EXPECT_EQ(found.status[0].now, deployment_status::ended);
  d.status = deployment_status::ended;
  EXPECT_TRUE(find_corrections({&d}, {}, nobody, {}, net).bring_back.empty()) << "it was tidied away";
  EXPECT_EQ(find_corrections({&d}, {one}, nobody, {}, net).bring_back.size(), 1U) << "its policy says otherwise by now";
}

TEST(reconcile, stops_what_runs_of_a_release_that_is_stopped) {
  deployment const d = a_deployment("app", "11111111", deployment_status::stopped);
  EXPECT_EQ(find_corrections({&d}, {a_container("app", "11111111")}, nobody, {}, net).stop_again.size(), 1U);
  EXPECT_TRUE(find_corrections({&d}, {a_container("app", "11111111", "exited")}, nobody, {}, net).stop_again.empty());
}

TEST(reconcile, tells_when_a_release_serves_again) {
  deployment const d = a_deployment("app", "11111111", deployment_status::down);
  auto const found = find_corrections({&d}, {a_container("app", "11111111")}, nobody, {}, net);
  ASSERT_EQ(found.status.size(), 1U);
  EXPECT_EQ(found.status[0].now, deployment_status::running);
}

TEST(reconcile, keeps_away_from_deployments_with_a_run_under_way) {
  deployment const d = a_deployment("app", "11111111");
  auto const found =
      find_corrections({&d}, {a_container("app", "22222222")}, [](deployment_name const&) { return true; }, {}, net);
  EXPECT_TRUE(found.remove.empty());
  EXPECT_TRUE(found.bring_back.empty());
}

TEST(reconcile, does_not_bring_back_what_is_being_deleted) {
  deployment const d = a_deployment("app", "11111111", deployment_status::deleting);
  EXPECT_TRUE(find_corrections({&d}, {}, nobody, {}, net).bring_back.empty());
}

TEST(reconcile, leaves_stopped_what_was_stopped_by_request_and_its_container_where_it_is) {
  deployment const d = a_deployment("app", "11111111", deployment_status::stopped);
  for (std::string const status : {"exited", "running"}) {
    auto const found = find_corrections({&d}, {a_container("app", "11111111", status)}, nobody, {}, net);
    EXPECT_TRUE(found.bring_back.empty()) << status;
    EXPECT_TRUE(found.remove.empty()) << status;
    EXPECT_TRUE(found.status.empty()) << status;
  }
  EXPECT_TRUE(find_corrections({&d}, {}, nobody, {}, net).bring_back.empty());
}

TEST(plan, lets_both_run_unless_they_need_the_same_port_of_the_engine) {
  spec s;
  EXPECT_EQ(choose_order(s, false, {{}}), run_order::side_by_side);
  s.host_port = 9002;
  EXPECT_EQ(choose_order(s, false, {}), run_order::side_by_side);
  EXPECT_EQ(choose_order(s, false, {{.host_port = 9001}}), run_order::side_by_side);
  EXPECT_EQ(choose_order(s, false, {{.host_port = 9002}}), run_order::stop_first);
  EXPECT_EQ(choose_order(s, false, {{.known = false}}), run_order::stop_first) << "an unknown port may be the same";
}

TEST(plan, lets_both_run_where_the_front_holds_the_port_for_both) {
  spec s;
  s.host_port = 9002;
  EXPECT_EQ(choose_order(s, true, {{.host_port = 9002, .through_front = true}}), run_order::side_by_side);
  EXPECT_EQ(choose_order(s, true, {{.host_port = 9002, .through_front = false}}), run_order::stop_first);
  EXPECT_EQ(choose_order(s, false, {{.host_port = 9002, .through_front = true}}), run_order::stop_first);
}

TEST(plan, never_lets_two_write_to_a_volume_unless_told_to) {
  spec s;
  s.service.volumes = {{mount::kind::volume, "data", "/data", true}};
  EXPECT_EQ(choose_order(s, true, {{}}), run_order::side_by_side) << "it only reads";
  s.service.volumes.front().read_only = false;
  EXPECT_EQ(choose_order(s, true, {{}}), run_order::stop_first);
  EXPECT_EQ(choose_order(s, true, {}), run_order::side_by_side) << "there is no other";
  s.replace = rollout::rolling;
  EXPECT_EQ(choose_order(s, true, {{}}), run_order::side_by_side) << "it is asked for";
}

TEST(plan, stops_the_old_one_first_where_both_publish_a_further_port) {
  spec s;
  s.service.ports = {{"", 8443, 443, false}};
  EXPECT_EQ(choose_order(s, true, {{}}), run_order::side_by_side);
  EXPECT_EQ(choose_order(s, true, {{.ports = {{"127.0.0.1", 8443, 1, false}}}}), run_order::stop_first);
  EXPECT_EQ(choose_order(s, true, {{.ports = {{"", 8443, 1, true}}}}), run_order::side_by_side) << "that is UDP";
  EXPECT_EQ(choose_order(s, true, {{.host_port = 8443}}), run_order::stop_first);
}

TEST(plan, stops_the_old_one_first_where_that_is_asked_for) {
  spec s;
  s.replace = rollout::recreate;
  EXPECT_EQ(choose_order(s, false, {{}}), run_order::stop_first);
  EXPECT_EQ(choose_order(s, false, {}), run_order::side_by_side) << "there is nothing to stop";
}

}  // namespace
}  // namespace krane
