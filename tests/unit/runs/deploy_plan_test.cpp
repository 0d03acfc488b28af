#include "runs/deploy_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/reason.hpp"
#include "runs/run_words.hpp"

namespace krane {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char digest_1[] = "sha256:1111";
constexpr char digest_2[] = "sha256:2222";

spec web() {
  spec s;
  s.name = deployment_name{"web"};
  s.registry = "docker.io";
  s.image = "acme/web";
  s.tag = "v1";
  s.container_port = 8080;
  s.host_port = 9002;
  return s;
}

// Release 4 serves and runs; the same is to be deployed, and the registry has what it had.
plan_facts the_same_again() {
  plan_facts f;
  f.wanted.what = web();
  f.wanted.tag = "v1";
  run serving;
  serving.id = run_id{"9ca24de8"};
  serving.number = 4;
  serving.what = web();
  serving.tag = "v1";
  serving.step = run_step::done;
  serving.image = image_id{"sha256:aaaa"};
  serving.repo_digest = digest_1;
  serving.through_front = true;
  f.known = deployment{.config = web(), .status = deployment_status::running, .serving = serving.id};
  f.serving = serving;
  f.containers = {
      {.what = {.id = container_id{"c1"}, .name = "web-9ca24de8", .release = 4, .running = true}, .of = serving}};
  f.through_front = true;
  f.here = image_details{.id = image_id{"sha256:aaaa"}, .architecture = {}, .repo_digests = {}};
  f.digest = digest_1;
  f.here_by_digest = f.here;
  return f;
}

std::vector<std::string> keys(deploy_plan const& of) {
  std::vector<std::string> out;
  for (config_change const& one : of.config) out.push_back(one.key);
  return out;
}

std::vector<std::string> reasons(deploy_plan const& of) {
  std::vector<std::string> out;
  for (plan_problem const& one : of.problems) out.push_back((one.fails ? "" : "maybe ") + one.reason);
  return out;
}

TEST(deploy_plan, of_the_same_again_changes_nothing_and_still_replaces_the_container) {
  auto const plan = make_plan(the_same_again());
  EXPECT_FALSE(plan.changes);
  EXPECT_FALSE(plan.fails());
  EXPECT_FALSE(plan.is_new);
  EXPECT_EQ(plan.release, 4U);
  EXPECT_THAT(plan.config, IsEmpty());
  EXPECT_FALSE(plan.image.changes);
  EXPECT_FALSE(plan.image.pulled);
  EXPECT_EQ(plan.created, 1U);
  ASSERT_EQ(plan.replaced.size(), 1U);
  EXPECT_EQ(plan.replaced[0].name, "web-9ca24de8");
  EXPECT_THAT(plan.kept, IsEmpty());
  EXPECT_EQ(plan.gap, gap_kind::none);
  EXPECT_EQ(gap_in_words(plan), "the old release serves until the new one has shown that it works");
}

TEST(deploy_plan, of_a_new_deployment_names_all_of_its_config) {
  plan_facts f;
  f.wanted.what = web();
  f.wanted.tag = "v1";
  f.digest = digest_1;
  auto const plan = make_plan(f);
  EXPECT_TRUE(plan.is_new);
  EXPECT_TRUE(plan.changes);
  EXPECT_EQ(plan.release, 0U);
  EXPECT_THAT(keys(plan), ElementsAre("registry", "image", "tag", "container_port", "host_port"));
  for (auto const& one : plan.config) EXPECT_FALSE(one.before);
  EXPECT_TRUE(plan.image.pulled);
  EXPECT_EQ(plan.image.digest, digest_1);
  EXPECT_THAT(plan.replaced, IsEmpty());
  EXPECT_EQ(gap_in_words(plan), "nothing runs now that could be missed");
}

TEST(deploy_plan, names_the_fields_that_change_the_tag_that_is_pulled_among_them) {
  auto f = the_same_again();
  f.wanted.tag = "v2";
  f.wanted.what.hold = std::chrono::seconds{20};
  auto const plan = make_plan(f);
  EXPECT_TRUE(plan.changes);
  EXPECT_THAT(keys(plan), ElementsAre("tag", "hold"));
  EXPECT_EQ(plan.config[0].before, boost::json::value("v1"));
  EXPECT_EQ(plan.config[0].after, boost::json::value("v2"));
  EXPECT_EQ(plan.what.tag, "v2");
}

TEST(deploy_plan, a_tag_that_has_moved_is_a_change_and_a_pull) {
  auto f = the_same_again();
  f.digest = digest_2;
  f.here_by_digest.reset();
  auto const plan = make_plan(f);
  EXPECT_TRUE(plan.changes);
  EXPECT_THAT(plan.config, IsEmpty());
  EXPECT_TRUE(plan.image.changes);
  EXPECT_TRUE(plan.image.pulled);
  EXPECT_FALSE(plan.image.id);
  EXPECT_EQ(plan.image.digest, digest_2);
  EXPECT_EQ(plan.image.serving_digest, digest_1);
}

TEST(deploy_plan, another_digest_of_the_same_image_is_no_change) {
  auto f = the_same_again();
  f.digest = digest_2;
  EXPECT_FALSE(make_plan(f).changes);
}

TEST(deploy_plan, an_image_that_has_gone_from_the_engine_is_pulled_and_no_change) {
  auto f = the_same_again();
  f.here.reset();
  f.here_by_digest.reset();
  auto const plan = make_plan(f);
  EXPECT_TRUE(plan.image.pulled);
  EXPECT_FALSE(plan.changes);
}

TEST(deploy_plan, without_asking_the_registry_the_image_that_is_here_counts) {
  auto f = the_same_again();
  f.asks_registry = false;
  f.digest.reset();
  f.here_by_digest.reset();
  EXPECT_FALSE(make_plan(f).changes);
  f.here->id = image_id{"sha256:bbbb"};
  EXPECT_TRUE(make_plan(f).image.changes);
}

TEST(deploy_plan, a_registry_that_cannot_be_asked_is_said_and_fails_nothing) {
  auto f = the_same_again();
  f.digest.reset();
  f.here_by_digest.reset();
  f.registry_trouble = make_error(errc::unavailable, reason::registry_unreachable, "it cannot be reached");
  auto const plan = make_plan(f);
  EXPECT_THAT(reasons(plan), ElementsAre("maybe registry_unreachable"));
  EXPECT_EQ(plan.problems[0].message, "it cannot be reached; this plan counts with the image that is here");
  EXPECT_FALSE(plan.changes);
  EXPECT_FALSE(plan.fails());
}

TEST(deploy_plan, a_registry_that_refuses_fails_the_deploy_and_all_containers_are_kept) {
  auto f = the_same_again();
  f.digest.reset();
  f.registry_trouble = make_error(errc::not_found, reason::image_not_found, "there is none");
  auto const plan = make_plan(f);
  EXPECT_TRUE(plan.fails());
  EXPECT_THAT(reasons(plan), ElementsAre("image_not_found"));
  EXPECT_EQ(plan.created, 0U);
  EXPECT_THAT(plan.replaced, IsEmpty());
  EXPECT_EQ(plan.kept.size(), 1U);
}

TEST(deploy_plan, what_does_not_run_is_changed_by_a_deploy_of_the_same) {
  for (auto const status : {deployment_status::stopped, deployment_status::failed, deployment_status::down,
                            deployment_status::idle, deployment_status::deploying}) {
    auto f = the_same_again();
    f.known->status = status;
    EXPECT_TRUE(make_plan(f).changes);
  }
}

TEST(deploy_plan, a_new_value_of_a_secret_is_a_change_of_its_version) {
  auto f = the_same_again();
  f.serving->secret_versions = {{"KEY", 1}};
  f.wanted.secret_versions = {{"KEY", 2}};
  auto const plan = make_plan(f);
  EXPECT_TRUE(plan.changes);
  EXPECT_THAT(keys(plan), ElementsAre("secret_versions.KEY"));
}

TEST(deploy_plan, problems_come_in_the_order_in_which_a_deploy_meets_them) {
  auto f = the_same_again();
  f.known->status = deployment_status::deploying;
  f.forbidden = {{"config.privileged", "is not allowed here"}};
  f.missing_secrets = {{"config.environment.A", "asks for a secret that is not there"}};
  f.port_holder = deployment_name{"other"};
  f.port_troubles = {make_error(errc::conflict, reason::port_in_use, "nginx has it")};
  f.registry_trouble = make_error(errc::forbidden, reason::registry_denied, "no");
  auto const plan = make_plan(f);
  EXPECT_THAT(reasons(plan), ElementsAre("not_allowed", "secret_missing", "host_port_taken", "port_in_use",
                                         "registry_denied", "maybe run_under_way"));
  EXPECT_EQ(plan.problems[0].path, "config.privileged");
  EXPECT_EQ(plan.problems[0].message, "config.privileged is not allowed here");
  EXPECT_THAT(plan.problems[2].message, HasSubstr("held by deployment other"));
}

TEST(deploy_plan, one_that_is_being_deleted_takes_none) {
  auto f = the_same_again();
  f.known->status = deployment_status::deleting;
  EXPECT_THAT(reasons(make_plan(f)), ElementsAre("deployment_deleting"));
}

TEST(deploy_plan, keeps_the_container_that_serves_where_it_stays_warm_and_makes_one_for_each_replica) {
  auto f = the_same_again();
  f.serving->containers = {container_id{"c1"}};
  f.warmth = std::chrono::minutes{10};
  f.wanted.what.service.keep_warm = f.warmth;
  auto plan = make_plan(f);
  EXPECT_EQ(plan.kept.size(), 1U);
  EXPECT_THAT(plan.replaced, IsEmpty());
  EXPECT_EQ(plan.created, 1U);
  f.containers[0].what.running = false;
  EXPECT_THAT(make_plan(f).kept, IsEmpty()) << "what does not run is nothing to go back to";
  f = the_same_again();
  f.wanted.what.service.replicas = 3;
  EXPECT_EQ(make_plan(f).created, 3U);
  f.through_front = false;
  EXPECT_THAT(reasons(make_plan(f)), ElementsAre("replicas_need_front"));
}

struct gap_row {
  char const* what;
  void (*change)(plan_facts&);
  run_order order;
  gap_kind gap;
  char const* words;
};

TEST(deploy_plan, says_what_becomes_of_connections) {
  constexpr char stopped_first[] = "the old release is stopped before the new one is started";
  gap_row const rows[] = {
      {"recreate behind the front", [](plan_facts& f) { f.wanted.what.replace = rollout::recreate; },
       run_order::stop_first, gap_kind::held, "; connections to host port 9002 wait, 10s at most"},
      {"the engine publishes the port before and after",
       [](plan_facts& f) {
         f.through_front = false;
         f.containers[0].of->through_front = false;
       },
       run_order::stop_first, gap_kind::dead, "; its ports refuse connections for about a second"},
      {"the front takes the port over from the engine",
       [](plan_facts& f) { f.containers[0].of->through_front = false; }, run_order::stop_first, gap_kind::dead,
       "; its ports refuse connections for about a second"},
      {"a further port is published by the engine",
       [](plan_facts& f) {
         f.wanted.what.service.ports = {{.host = 53, .container = 53}};
         f.containers[0].of->what.service.ports = f.wanted.what.service.ports;
       },
       run_order::stop_first, gap_kind::dead, "; its ports refuse connections for about a second"},
      {"it writes to a volume and has no port",
       [](plan_facts& f) {
         f.wanted.what.host_port.reset();
         f.wanted.what.service.volumes = {{.source = "data", .target = "/data"}};
       },
       run_order::stop_first, gap_kind::none, "; it has no host port"},
      {"what is there is of a release that nobody knows", [](plan_facts& f) { f.containers[0].of.reset(); },
       run_order::stop_first, gap_kind::dead, "; its ports refuse connections for about a second"},
  };
  for (gap_row const& row : rows) {
    SCOPED_TRACE(row.what);
    auto f = the_same_again();
    row.change(f);
    auto plan = make_plan(f);
    EXPECT_EQ(plan.order, row.order);
    EXPECT_EQ(plan.gap, row.gap);
    EXPECT_EQ(gap_in_words(plan), std::string(stopped_first) + row.words);
  }
}

TEST(deploy_plan, says_what_a_pull_takes_and_that_it_does_not_fit) {
  auto f = the_same_again();
  f.digest = "sha256:other";
  f.here_by_digest.reset();
  f.size = pull_size{.missing_bytes = 3'000'000, .disk = {"/docker", 10'000'000, 1'000'000}};
  auto const fits = make_plan(f);
  ASSERT_TRUE(fits.image.size);
  EXPECT_EQ(fits.image.size->missing_bytes, 3'000'000U);
  EXPECT_FALSE(fits.fails());
  f.size->disk.reserve_bytes = 9'000'000;
  EXPECT_THAT(reasons(make_plan(f)), ElementsAre("engine_storage"));
}

TEST(deploy_plan, what_does_not_run_is_missed_by_nobody) {
  auto f = the_same_again();
  f.wanted.what.replace = rollout::recreate;
  f.containers[0].what.running = false;
  auto const plan = make_plan(f);
  EXPECT_EQ(plan.order, run_order::stop_first);
  EXPECT_EQ(plan.gap, gap_kind::none);
}

}  // namespace
}  // namespace krane
