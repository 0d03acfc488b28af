// The model test's checker against histories made by hand: it finds what is wrong, and nothing where all is right.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "e2e/model/checker.hpp"

namespace krane::e2e::model {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

wall_time at(int seconds) {
  return wall_time{} + 24h + std::chrono::seconds(seconds);
}

struct story {
  std::vector<subject> all{{"app", 8000, ""}, {"other", 8001, ""}};
  std::vector<operation> asked;
  seen_world now;
  checker check{all};

  seen_deployment& app() { return now.deployments["app"]; }
  std::vector<seen_container>& containers() { return now.containers["app"]; }

  // It is there, and runs 1 serves with tag 1.
  story() {
    app() = {.status = "running", .created_at = "then", .serving = "r1", .serving_number = 1, .shown = {8000}};
    app().runs = {{.id = "r1", .number = 1, .kind = "deploy", .tag = "1", .state = "done"}};
    containers() = {{.name = "app-r1", .run = "r1", .state = "running", .address = "10.0.0.2"}};
    now.answers[8000] = {"web 1\n"};
    now.led_to[8000] = {"10.0.0.2"};
    check.accept(now);
  }

  operation& asks(verb what, told answer, int status, int second) {
    asked.push_back({.client = 1,
                     .name = "app",
                     .what = what,
                     .times_sent = 1,
                     .sent = at(second),
                     .answered = at(second + 1),
                     .answer = answer,
                     .status = status});
    return asked.back();
  }
  void deploys(std::uint64_t number, std::string const& tag) {
    auto& one = asks(verb::run, told::accepted, 202, static_cast<int>(number));
    one.tag = tag;
    one.run = fmt::format("r{}", number);
    one.number = number;
  }
  seen_run& ran(std::uint64_t number, std::string const& tag, std::string const& state = "done") {
    app().runs.push_back({.id = fmt::format("r{}", number),
                          .number = number,
                          .kind = "deploy",
                          .tag = tag,
                          .state = state,
                          .phases = {"accepted", state}});
    return app().runs.back();
  }
  void serves(std::uint64_t number, std::string const& tag) {
    app().serving = fmt::format("r{}", number);
    app().serving_number = number;
    containers() = {{.name = "app-new", .run = app().serving, .state = "running", .address = "10.0.0.3"}};
    now.answers[8000] = {"web " + tag + "\n"};
    now.led_to[8000] = {"10.0.0.3"};
  }
  void is_gone() {
    now.deployments.erase("app");
    now.containers.erase("app");
    now.answers.erase(8000);
    now.led_to.erase(8000);
  }
  std::vector<std::string> found() const {
    std::vector<std::string> out;
    for (violation const& one : check.check(asked, now)) out.push_back(one.what);
    return out;
  }
};

TEST(model_checker, finds_nothing_where_the_newest_accepted_deploy_serves) {
  story s;
  s.deploys(2, "2");
  s.deploys(3, "3");
  s.ran(2, "2", "superseded");
  s.ran(3, "3");
  s.serves(3, "3");
  EXPECT_THAT(s.found(), IsEmpty());
}

TEST(model_checker, finds_a_run_that_ended_twice) {
  story s;
  s.deploys(2, "2");
  s.ran(2, "2").phases = {"accepted", "done", "failed"};
  s.serves(2, "2");
  EXPECT_THAT(s.found(), Contains(HasSubstr("run 2 ended 2 times")));
}

TEST(model_checker, finds_a_run_that_ended_again_after_it_had_ended_before) {
  story s;
  s.app().runs[0].phases = {"recover", "done"};
  EXPECT_THAT(s.found(), Contains(HasSubstr("run 1 ended 2 times")));
}

TEST(model_checker, finds_an_older_release_that_serves) {
  story s;
  s.deploys(2, "2");
  s.ran(2, "2");
  EXPECT_THAT(s.found(), Contains(HasSubstr("release 1 serves instead of 2")));
}

TEST(model_checker, finds_a_port_that_leads_to_an_older_release) {
  story s;
  s.deploys(2, "2");
  s.ran(2, "2");
  s.serves(2, "2");
  s.now.answers[8000] = {"web 1\n"};
  EXPECT_THAT(s.found(), Contains(HasSubstr("port 8000 answers web 1")));
}

TEST(model_checker, finds_an_accepted_run_that_is_forgotten) {
  story s;
  s.deploys(2, "2");
  EXPECT_THAT(s.found(), Contains(HasSubstr("forgotten")));
  s.asks(verb::remove, told::unknown, 0, 4);
  s.is_gone();
  EXPECT_THAT(s.found(), IsEmpty()) << "a removal may have come after it";
}

TEST(model_checker, finds_a_deployment_that_is_lost) {
  story s;
  s.is_gone();
  EXPECT_THAT(s.found(), Contains(HasSubstr("lost")));
}

TEST(model_checker, finds_a_run_that_has_not_ended) {
  story s;
  s.deploys(2, "2");
  auto& run = s.ran(2, "2", "switched");
  run.finished = false;
  run.phases = {"accepted", "switch_over"};
  s.serves(2, "2");
  EXPECT_THAT(s.found(), Contains(HasSubstr("run 2 has not ended")));
}

TEST(model_checker, finds_a_run_that_was_superseded_half_way) {
  story s;
  s.deploys(2, "2");
  s.deploys(3, "3");
  s.ran(2, "2", "superseded").phases = {"accepted", "pull", "create", "superseded"};
  s.ran(3, "3");
  s.serves(3, "3");
  EXPECT_THAT(s.found(), Contains(HasSubstr("superseded half way")));
}

TEST(model_checker, finds_a_good_release_that_failed_and_a_broken_one_that_is_done) {
  story s;
  s.deploys(2, "2");
  s.deploys(3, "crash");
  s.ran(2, "2", "failed").failure = "port_in_use: held by haproxy";
  s.ran(3, "crash");
  s.serves(3, "crash");
  EXPECT_THAT(s.found(), Contains(HasSubstr("held by haproxy")));
  EXPECT_THAT(s.found(), Contains(HasSubstr("never works")));
}

TEST(model_checker, finds_one_request_that_became_two_runs) {
  story s;
  s.asks(verb::run, told::unknown, 0, 2).tag = "2";
  s.ran(2, "2");
  s.serves(2, "2");
  EXPECT_THAT(s.found(), IsEmpty()) << "it may have been done";
  s.ran(3, "2");
  s.serves(3, "2");
  EXPECT_THAT(s.found(), Contains(HasSubstr("are of nobody")));
}

TEST(model_checker, finds_a_number_that_is_missing) {
  story s;
  s.deploys(3, "3");
  s.ran(3, "3");
  s.serves(3, "3");
  EXPECT_THAT(s.found(), Contains(HasSubstr("run 3 follows on run 1")));
}

TEST(model_checker, finds_a_removal_that_was_not_carried_out) {
  story s;
  s.asks(verb::remove, told::accepted, 200, 2);
  EXPECT_THAT(s.found(), Contains(HasSubstr("still there")));
  s.asks(verb::put, told::accepted, 201, 5);
  s.app() = {.status = "idle", .created_at = "later"};
  s.containers().clear();
  s.now.answers.erase(8000);
  s.now.led_to.erase(8000);
  EXPECT_THAT(s.found(), IsEmpty()) << "it was created again";
}

TEST(model_checker, finds_a_port_and_containers_of_nobody) {
  story s;
  s.asks(verb::remove, told::accepted, 200, 2);
  s.now.deployments.erase("app");
  EXPECT_THAT(s.found(), Contains(HasSubstr("the front holds port 8000 of nobody")));
  EXPECT_THAT(s.found(), Contains(HasSubstr("port 8000 answers web 1")));
  EXPECT_THAT(s.found(), Contains(HasSubstr("1 containers are there instead of 0")));
  s.is_gone();
  s.now.led_to[9000] = {};
  EXPECT_THAT(s.found(), Contains(HasSubstr("the front holds port 9000 of nobody")));
}

TEST(model_checker, finds_a_container_that_is_left_over) {
  story s;
  s.containers().push_back({.name = "app-old", .run = "r0", .state = "exited"});
  EXPECT_THAT(s.found(), Contains(HasSubstr("2 containers are there instead of 1")));
}

TEST(model_checker, finds_one_that_runs_although_it_was_stopped) {
  story s;
  auto& asked = s.asks(verb::stop, told::accepted, 202, 2);
  asked.run = "r2";
  asked.number = 2;
  s.ran(2, "").kind = "stop";
  EXPECT_THAT(s.found(), Contains(HasSubstr("it is running instead of stopped")));
  s.app().status = "stopped";
  s.app().shown.clear();
  s.containers()[0].state = "exited";
  s.now.answers.erase(8000);
  s.now.led_to.erase(8000);
  EXPECT_THAT(s.found(), IsEmpty());
}

TEST(model_checker, finds_a_number_of_replicas_that_nobody_asked_for) {
  story s;
  auto& asked = s.asks(verb::scale, told::accepted, 202, 2);
  asked.run = "r2";
  asked.number = 2;
  asked.replicas = 3;
  s.ran(2, "").kind = "scale";
  EXPECT_THAT(s.found(), Contains(HasSubstr("it has 1 replicas after")));
}

TEST(model_checker, finds_refusals_that_have_no_reason) {
  story s;
  s.asks(verb::run, told::refused, 409, 2).reason = "port_in_use";
  s.asks(verb::run, told::refused, 404, 3);
  s.asks(verb::run, told::refused, 500, 4);
  s.asks(verb::run, told::refused, 503, 5).reason = "recovering";
  EXPECT_EQ(s.found().size(), 3u);
}

}  // namespace
}  // namespace krane::e2e::model
