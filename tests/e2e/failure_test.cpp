// Runs that fail: with the reason that was seen, with nothing left behind, and with the release before still serving.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class failing_run : public on_a_real_engine {
protected:
  // The deployment serves web:1 on `port_` and then gets `config`, which does not work.
  void serve_then_break(std::string const& name, std::string const& config) {
    server().create(name, serving_config());
    auto const first = server().run(name);
    ASSERT_EQ(first.at("/data/status"), "running") << first.body << server().last_error(name);
    ASSERT_EQ(body_served(), "web 1\n");
    before_ = first.at("/data/containers/0/Id");
    server().create(name, config);
    last_run_ = server().post("/deployments/" + name + "/run");
    ASSERT_EQ(last_run_.status, 202) << last_run_.body;
    server().settled(name);
  }
  std::string serving_config() const {
    return R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" + std::to_string(port_) + '"';
  }
  std::string broken_config(std::string const& image) const {
    return R"("image":")" + image + R"(","container_port":"8080","host_port":")" + std::to_string(port_) + '"';
  }
  std::string body_served() const { return exchange(endpoint::tcp(port_), "GET", "/").body; }
  void expect_the_old_release_serves(std::string const& name) {
    EXPECT_TRUE(eventually([&] {
      try {
        return body_served() == "web 1\n";
      } catch (std::exception const&) {
        return false;
      }
    })) << "the release before must serve on";
    auto const now = server().get("/deployments/" + name);
    EXPECT_EQ(now.at("/data/containers/0/Id"), before_);
    EXPECT_EQ(now.json().at_pointer("/data/containers").as_array().size(), 1u)
        << "the failed container is removed: " << now.body;
  }
  // The run as it ended.
  answer ended() {
    answer got;
    EXPECT_TRUE(eventually([&] {
      got = server().get(last_run_.header("location"));
      return got.status != 200 || got.at("/data/finished") == "true";
    })) << got.body;
    return got;
  }
  void expect_failed_with(std::string const& reason) {
    auto const got = ended();
    EXPECT_EQ(got.at("/data/state"), "failed") << got.body;
    EXPECT_EQ(got.at("/data/failure/reason"), reason) << got.body;
    EXPECT_GT(got.at("/data/failure/message").size(), 10u) << got.body;
  }

  std::uint16_t port_ = free_port();
  std::string before_;
  answer last_run_;
};

TEST_F(failing_run, a_container_that_crashes_tells_its_exit_code_and_last_words) {
  auto const name = fresh("crash");
  serve_then_break(name, broken_config("krane-test/crash"));
  expect_the_old_release_serves(name);
  EXPECT_THAT(server().last_error(name), HasSubstr("3")) << "the exit code";
  expect_failed_with("container_exited");
  EXPECT_EQ(ended().at("/data/failure/exit_code"), "3");
  EXPECT_THAT(ended().at("/data/failure/output"), HasSubstr("fatal: no database at db:5432"));
}

TEST_F(failing_run, a_release_that_ends_soon_after_it_took_over_gives_way_to_the_one_before_it) {
  auto const name = fresh("settle");
  serve_then_break(name, serving_config() +
                             R"(,"command":["/bin/sh","-c","httpd -p 8080 -h /app/public; sleep 1; exit 3"],)"
                             R"("settle":"30s")");
  expect_the_old_release_serves(name);
  expect_failed_with("container_exited");
  EXPECT_THAT(ended().at("/data/failure/message"), HasSubstr("after it had taken over"));
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/status"), "running");
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/last_run/state"), "failed");
}

TEST_F(failing_run, what_ends_as_its_restart_policy_says_stays_ended) {
  auto const name = fresh("job");
  server().create(name, R"("image":"krane-test/sleep","entrypoint":["/bin/sh","-c"],"command":["sleep 1"],)"
                        R"("restart":"on-failure")");
  server().run(name);
  EXPECT_TRUE(eventually([&] { return server().get("/deployments/" + name).at("/data/status") == "ended"; }));
  auto const now = server().get("/deployments/" + name);
  EXPECT_EQ(now.at("/data/containers/0/State"), "exited") << now.body;
}

TEST_F(failing_run, what_was_stopped_is_not_the_engines_to_start_until_it_is_started) {
  auto const name = fresh("always");
  server().create(name, R"("image":"krane-test/sleep","restart":"always")");
  server().run(name);
  auto const policy = [&] {
    auto const id = server().get("/deployments/" + name).at("/data/containers/0/Id");
    return std::string(engine().inspect(id).at_pointer("/HostConfig/RestartPolicy/Name").as_string());
  };
  EXPECT_EQ(policy(), "always");
  for (auto const& [verb, wanted] : {std::pair("stop", "no"), std::pair("start", "always")}) {
    auto const asked = server().post("/deployments/" + name + "/" + verb);
    ASSERT_EQ(asked.status, 202) << asked.body;
    server().settled(name);
    EXPECT_EQ(policy(), wanted) << "after " << verb;
  }
}

TEST_F(failing_run, a_tag_that_does_not_exist_is_image_not_found) {
  auto const name = fresh("notag");
  serve_then_break(name, R"("registry":")" + docker::registry() + R"(","tag":"99",)" + broken_config("krane-test/web"));
  expect_the_old_release_serves(name);
  expect_failed_with("image_not_found");
}

TEST_F(failing_run, a_registry_that_is_down_is_registry_unreachable) {
  auto const name = fresh("noregistry");
  serve_then_break(
      name, R"("registry":"127.0.0.1:)" + std::to_string(free_port()) + R"(",)" + broken_config("krane-test/web"));
  expect_the_old_release_serves(name);
  expect_failed_with("registry_unreachable");
}

TEST_F(failing_run, a_port_that_a_foreign_process_uses_is_refused_before_anything_is_touched) {
  for (char const* publish : {"front", "engine"}) {
    silent_listener const foreign(free_port());
    auto const name = fresh("taken");
    server().create(name, R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" +
                              std::to_string(foreign.port()) + R"(","publish":")" + publish + '"');
    auto const got = server().post("/deployments/" + name + "/run");
    EXPECT_EQ(got.status, 409) << got.body;
    EXPECT_EQ(got.at("/data/reason"), "port_in_use") << got.body;
    EXPECT_THAT(got.at("/data/error"), HasSubstr(std::to_string(foreign.port())));
    EXPECT_THAT(got.at("/data/error"), HasSubstr("e2e (process " + std::to_string(getpid()) + ")"));
    auto const now = server().get("/deployments/" + name);
    EXPECT_EQ(now.at("/data/status"), "idle") << now.body;
    EXPECT_EQ(now.at("/data/containers"), "[]") << now.body;
  }
}

TEST_F(failing_run, an_engine_that_is_down_is_waited_for) {
  krane_server alone(
      {.engine = "unix:///nonexistent/docker.sock", .environment = {}, .arguments = {}, .wait_until_ready = false});
  EXPECT_EQ(exchange(alone.where(), "GET", "/readyz").status, 503);
  alone.create("patient", R"("image":"krane-test/web","tag":"1")");
  EXPECT_EQ(alone.get("/deployments").status, 200) << "what needs no engine answers";
  auto const run = alone.post("/deployments/patient/run");
  EXPECT_EQ(run.status, 202) << run.body;
  auto const one = alone.get("/deployments/patient");
  EXPECT_EQ(one.status, 503) << one.body;
  EXPECT_EQ(one.reason(), "engine_unavailable");
  EXPECT_EQ(alone.get("/deployments").at("/data/0/status"), "deploying") << "an accepted run is not given up";
  EXPECT_EQ(alone.stop(), 0);
}

TEST_F(failing_run, an_engine_that_hangs_does_not_hold_up_what_needs_none) {
  test::temp_folder const folder;
  silent_listener const hanging(folder / "docker.sock");
  krane_server alone(
      {.engine = "unix://" + (folder / "docker.sock"), .environment = {}, .arguments = {}, .wait_until_ready = false});
  alone.create("patient", R"("image":"krane-test/web","tag":"1")");
  EXPECT_EQ(alone.post("/deployments/patient/run").status, 202);
  auto const began = std::chrono::steady_clock::now();
  EXPECT_EQ(alone.get("/deployments").status, 200);
  EXPECT_EQ(alone.get("/sessions").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_EQ(alone.stop(), 0);
}

TEST_F(failing_run, a_first_run_that_fails_leaves_no_container) {
  auto const name = fresh("first");
  server().create(name, R"("image":"krane-test/crash")");
  auto const now = server().run(name);
  EXPECT_EQ(now.at("/data/status"), "failed");
  EXPECT_EQ(now.at("/data/containers"), "[]");
  EXPECT_TRUE(engine().named_like_ours(name).empty());
}

TEST_F(failing_run, runs_asked_for_at_once_end_with_one_release) {
  auto const name = fresh("race");
  server().create(name, serving_config());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(server().post("/deployments/" + name + "/run?tag=" + (i % 2 == 0 ? "2" : "1")).status, 202);
  EXPECT_EQ(server().post("/deployments/" + name + "/run?tag=2").status, 202);
  auto const now = server().settled(name);
  EXPECT_EQ(now.at("/data/status"), "running") << now.body;
  EXPECT_EQ(now.json().at_pointer("/data/containers").as_array().size(), 1u) << now.body;
  EXPECT_EQ(body_served(), "web 2\n") << "the newest one counts";
}

TEST_F(failing_run, a_deployment_that_is_being_deleted_takes_no_run) {
  auto const name = fresh("going");
  // It ignores SIGTERM, so its removal takes its grace.
  server().create(name, R"("image":"krane-test/stubborn")");
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  auto const removal = server().remove("/deployments/" + name + "?wait=0");
  ASSERT_TRUE(removal.status == 202 || removal.status == 200) << removal.body;
  if (removal.status == 202) {
    auto const got = server().post("/deployments/" + name + "/run");
    EXPECT_TRUE(got.status == 409 || got.status == 404) << got.body;
    if (got.status == 409) {
      EXPECT_EQ(got.reason(), "deployment_deleting");
    }
  }
  EXPECT_TRUE(eventually([&] { return server().get("/deployments/" + name).status == 404; }, std::chrono::seconds(30)));
  EXPECT_TRUE(engine().named_like_ours(name).empty());
}

}  // namespace
}  // namespace krane::e2e
