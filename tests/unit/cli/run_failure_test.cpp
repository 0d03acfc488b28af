#include "cli/run_failure.hpp"

#include <gmock/gmock.h>

namespace krane::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

time_point const now = *parse_rfc3339("2026-01-02T03:04:05Z");

client::run_info failed_run() {
  client::run_info run;
  run.id = "9ca24de8";
  run.number = 7;
  run.deployment = "web";
  run.tag = "v2";
  run.state = "failed";
  run.finished = true;
  run.image = "docker.io/a/b:v2";
  run.container = "0123";
  run.accepted_at = "2026-01-02T03:04:00Z";
  run.finished_at = "2026-01-02T03:04:02.5Z";
  run.failure = client::failure_info{.reason = "container_exited",
                                     .message = "container web-9ca24de8 exited with code 3",
                                     .exit_code = 3,
                                     .oom_killed = false,
                                     .output = {"starting", "fatal: no \x1b[31mdatabase"}};
  return run;
}

client::run_info serving_run() {
  client::run_info run;
  run.number = 6;
  run.tag = "v1";
  run.finished_at = "2026-01-02T01:04:05Z";
  return run;
}

TEST(a_failed_run, is_told_with_reason_facts_last_lines_what_serves_and_what_to_try) {
  EXPECT_EQ(run_failure_text(failed_run(), serving_run(), now, style(false)),
            R"(krane: run 7 of web failed: container web-9ca24de8 exited with code 3
  reason     container_exited
  image      docker.io/a/b:v2
  container  web-9ca24de8, exit code 3
  after      2.5 s
  output     starting
             fatal: no \e[31mdatabase
  serves     run 6 (tag v1), since 2 hours ago
  next       mend what its last lines say, push the image, then: krane run web
  or         drop it and keep what serves: krane rollback web @6)");
}

TEST(a_failed_run, is_not_undone_by_going_back_where_the_machine_was_at_fault) {
  auto run = failed_run();
  run.failure->reason = "engine_storage";
  EXPECT_THAT(run_failure_text(run, serving_run(), now, style(false)), Not(HasSubstr("rollback")));
  EXPECT_THAT(run_failure_text(failed_run(), std::nullopt, now, style(false)), Not(HasSubstr("rollback")))
      << "nothing serves that could be kept";
}

TEST(a_failed_run, that_leaves_nothing_says_so) {
  EXPECT_THAT(run_failure_text(failed_run(), std::nullopt, now, style(false)), HasSubstr("\n  serves     nothing\n"));
}

TEST(a_cancelled_run, is_not_called_a_failure) {
  auto run = failed_run();
  run.state = "cancelled";
  run.container.reset();
  run.failure = client::failure_info{
      .reason = "cancelled", .message = "it was cancelled on request", .exit_code = {}, .output = {}};
  EXPECT_EQ(run_failure_text(run, serving_run(), now, style(false)),
            R"(krane: run 7 of web is cancelled: it was cancelled on request
  reason     cancelled
  image      docker.io/a/b:v2
  after      2.5 s
  serves     run 6 (tag v1), since 2 hours ago)");
}

TEST(a_superseded_run, names_where_to_look) {
  auto run = failed_run();
  run.state = "superseded";
  run.failure.reset();
  run.container.reset();
  EXPECT_EQ(run_failure_text(run, serving_run(), now, style(false)),
            R"(krane: run 7 of web was replaced by a newer one before it began
  image      docker.io/a/b:v2
  after      2.5 s
  serves     run 6 (tag v1), since 2 hours ago
  next       krane history web shows the run that took its place)");
}

TEST(advice, names_the_deployment_in_what_is_to_be_typed) {
  auto run = failed_run();
  run.failure->reason = "port_in_use";
  EXPECT_THAT(advice(run), HasSubstr("krane deploy web --port HOST:CONTAINER"));
  run.failure->reason = "something_newer";
  EXPECT_EQ(advice(run), "");
}

}  // namespace
}  // namespace krane::cli
