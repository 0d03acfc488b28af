#include "cli/plan_text.hpp"

#include <gmock/gmock.h>

namespace krane::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char digest_1[] = "sha256:111111111111aaaaaaaaaaaaaaaaaaaa";
constexpr char digest_2[] = "sha256:222222222222bbbbbbbbbbbbbbbbbbbb";

client::plan_info some_plan() {
  client::plan_info plan;
  plan.deployment = "web";
  plan.release = 4;
  plan.config = {{"tag", "v1", "v2"}, {"environment.MODE", {}, "fast"}, {"hold", "20s", {}}};
  plan.image.reference = "docker.io/acme/web:v2";
  plan.image.digest = digest_2;
  plan.image.serving_digest = digest_1;
  plan.image.serving_id = "sha256:333333333333";
  plan.image.pulled = true;
  plan.image.changes = true;
  plan.containers.created = 1;
  plan.containers.replaced = {{"c1", "web-9ca24de8", 4, true}};
  plan.gap = {"held", "stop_first", "connections wait"};
  return plan;
}

TEST(plan_text, has_a_line_for_each_thing_and_says_at_the_end_what_it_comes_to) {
  EXPECT_EQ(plan_text(some_plan(), style(false)),
            "web: release 4 serves\n"
            "  ~ tag               v1 → v2\n"
            "  + environment.MODE  fast\n"
            "  - hold              \"20s\"\n"
            "  ~ image             acme/web:v2, sha256:111111111111 → sha256:222222222222, is pulled\n"
            "  - container         web-9ca24de8, of release 4\n"
            "  + container         a new one\n"
            "    gap               held: connections wait\n"
            "A deploy would change what runs.\n");
}

TEST(plan_text, tells_how_much_is_pulled_where_that_is_known) {
  auto plan = some_plan();
  EXPECT_THAT(plan_text(plan, style(false)), Not(HasSubstr("missing")));
  plan.image.bytes_to_pull = 25 * 1024 * 1024;
  plan.image.bytes_free = 3'221'225'472;
  EXPECT_THAT(plan_text(plan, style(false)), HasSubstr("    pull              25 MiB are missing, 3.0 GiB are free\n"));
}

TEST(plan_text, of_the_same_again_says_so) {
  auto plan = some_plan();
  plan.config.clear();
  plan.changes = false;
  plan.image.changes = false;
  plan.image.pulled = false;
  EXPECT_EQ(plan_text(plan, style(false)),
            "web: release 4 serves\n"
            "    image      acme/web:v2, the one that serves\n"
            "  - container  web-9ca24de8, of release 4\n"
            "  + container  a new one\n"
            "    gap        held: connections wait\n"
            "A deploy would only make a new container of the same image and config.\n");
}

TEST(plan_text, of_a_deploy_that_would_fail_names_the_problems_and_what_is_kept) {
  auto plan = some_plan();
  plan.fails = true;
  plan.containers = {.created = 0, .replaced = {}, .kept = {{"c1", "web-9ca24de8", 4, false}}};
  plan.problems = {{"port_in_use", "host port 9002 is held by nginx", "config.host_port", true},
                   {"run_under_way", "a run is under way", "", false}};
  auto const text = plan_text(plan, style(false));
  EXPECT_THAT(text, HasSubstr("    container         web-9ca24de8, of release 4, does not run, is kept\n"
                              "  ! port_in_use       host port 9002 is held by nginx\n"
                              "  ? run_under_way     a run is under way\n"
                              "A deploy would fail.\n"));
  EXPECT_THAT(text, Not(HasSubstr("gap")));
}

TEST(plan_text, of_what_is_not_there_yet_adds_everything) {
  client::plan_info plan;
  plan.deployment = "web";
  plan.creates = true;
  plan.image.reference = "docker.io/acme/web:v2";
  plan.image.digest = digest_2;
  plan.image.changes = true;
  EXPECT_THAT(plan_text(plan, style(false)), HasSubstr("web is new\n  + image  acme/web:v2, sha256:222222222222\n"));
  plan.creates = false;
  EXPECT_THAT(plan_text(plan, style(false)), HasSubstr("web: nothing serves\n"));
}

TEST(plan_text, shows_what_a_terminal_would_obey) {
  auto plan = some_plan();
  plan.config[1].after = "\x1b[31m";
  plan.problems = {{"x\x1b[2J", "y\x1b[2J", "", true}};
  EXPECT_EQ(plan_text(plan, style(false)).find('\x1b'), std::string::npos);
}

TEST(plan_text, colours_the_signs_where_colours_are_wanted) {
  EXPECT_THAT(plan_text(some_plan(), style(true)), HasSubstr("\x1b["));
}

}  // namespace
}  // namespace krane::cli
