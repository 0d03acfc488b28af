// The server as a process: how it starts, is told things, is killed, and stops.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class life : public on_a_real_engine {};

TEST_F(life, health_readiness_and_version_need_no_token) {
  for (std::string const path : {"/health", "/healthz", "/readyz", "/version"})
    EXPECT_EQ(exchange(server().where(), "GET", path).status, 200) << path;
  EXPECT_NE(exchange(server().where(), "GET", "/version").at("/data/version"), "(missing)");
  EXPECT_EQ(exchange(server().where(), "GET", "/openapi.json").at("/openapi").substr(0, 3), "3.1");
}

TEST_F(life, a_flag_is_stronger_than_the_environment_and_that_than_the_file) {
  test::temp_folder const folder;
  auto const by_flag = free_port();
  write_file(folder / "krane.toml", "rest-port = 1\nlog-level = \"debug\"\nlisten = \"127.0.0.1\"\n");
  // The harness gives the port by the environment.
  krane_server plain({.engine = {}, .environment = {}, .arguments = {"--config", folder / "krane.toml"}});
  EXPECT_EQ(exchange(plain.where(), "GET", "/health").status, 200) << "the environment's, not the file's port 1";
  process flagged({program_folder() + "/krane-server", "--rest-port", std::to_string(by_flag), "--path",
                   folder / "state", "--config", folder / "krane.toml"},
                  {{"KRANE_REST_PORT", "2"}, {"DOCKER_HOST", engine().address()}}, folder / "log");
  EXPECT_TRUE(eventually([&] {
    try {
      return exchange(endpoint::tcp(by_flag), "GET", "/health").status == 200;
    } catch (std::exception const&) {
      return false;
    }
  })) << flagged.output();
}

TEST_F(life, wrong_settings_are_named_all_at_once) {
  auto const got = run({program_folder() + "/krane-server", "--rest-port", "99999", "--log-level", "loud"});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.output, HasSubstr("rest-port"));
  EXPECT_THAT(got.output, HasSubstr("log-level"));
  EXPECT_EQ(run({program_folder() + "/krane-server", "--help"}).status, 0);
  EXPECT_NE(run({program_folder() + "/krane-server", "--nonsense"}).status, 0);
}

TEST_F(life, a_port_that_is_taken_is_told_in_one_sentence) {
  test::temp_folder const folder;
  auto const taken = std::to_string(server().port());
  auto const got = run({program_folder() + "/krane-server", "--rest-port", taken, "--path", folder / "state"},
                       {{"DOCKER_HOST", engine().address()}});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.output,
            "krane-server: 127.0.0.1:" + taken + " is in use by another program; stop it or choose another port\n");
}

TEST_F(life, a_second_server_on_the_same_state_exits_naming_the_first) {
  auto const got = run({program_folder() + "/krane-server"}, {{"KRANE_REST_PORT", std::to_string(free_port())},
                                                              {"KRANE_PATH", server().state_folder()},
                                                              {"DOCKER_HOST", engine().address()}});
  EXPECT_NE(got.status, 0);
  EXPECT_THAT(got.output, HasSubstr(std::to_string(server().program().pid())));
  EXPECT_EQ(server().get("/deployments").status, 200) << "the first goes on";
}

TEST_F(life, sigterm_closes_streams_with_a_reason_and_exits_with_0) {
  auto const name = fresh("term");
  server().create(name, R"("image":"krane-test/lines")");
  auto const now = server().run(name);
  ASSERT_EQ(now.at("/data/status"), "running") << now.body;
  web_socket events(server().where(), "/deployments/" + name + "/events");
  event_source output(server().where(), "/containers/" + now.at("/data/containers/0/Id") + "/events");
  ASSERT_TRUE(output.next());
  auto const began = std::chrono::steady_clock::now();
  EXPECT_EQ(server().stop(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  while (events.next()) {
  }
  EXPECT_EQ(events.close_code(), 1001);
  while (output.next()) {
  }
  EXPECT_TRUE(output.ended());
}

TEST_F(life, sessions_and_deployments_outlive_a_restart) {
  auto const name = fresh("stays");
  server().create(name, R"("image":"krane-test/sleep")");
  auto const before = server().run(name);
  ASSERT_EQ(before.at("/data/status"), "running") << before.body;
  ASSERT_EQ(server().stop(), 0);
  server().start();
  auto const after = server().get("/deployments/" + name);
  EXPECT_EQ(after.status, 200) << "the token from before is still good: " << after.body;
  EXPECT_EQ(after.at("/data/containers/0/Id"), before.at("/data/containers/0/Id")) << "its container ran on";
  EXPECT_EQ(after.at("/data/status"), "running");
}

TEST_F(life, an_accepted_run_is_finished_after_kill_9) {
  auto const name = fresh("killed");
  server().create(name, R"("image":"krane-test/late","container_port":"8080")");
  auto const accepted = server().post("/deployments/" + name + "/run");
  ASSERT_EQ(accepted.status, 202);
  server().kill();
  server().start();
  auto const now = server().settled(name);
  EXPECT_EQ(now.at("/data/status"), "running") << now.body;
  EXPECT_EQ(now.json().at_pointer("/data/containers").as_array().size(), 1u);
  EXPECT_EQ(engine().named_like_ours(name).size(), 1u) << "not one container leaks";
  EXPECT_EQ(server().get(accepted.header("location")).at("/data/state"), "done");
}

TEST_F(life, a_kill_9_in_the_middle_of_a_redeploy_ends_with_the_new_release) {
  auto const name = fresh("midway");
  auto const port = free_port();
  auto const config = R"("image":"krane-test/late","container_port":"8080","host_port":")" + std::to_string(port) + '"';
  server().create(name, config);
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  for (int i = 0; i < 3; ++i) {
    auto const before = server().get("/deployments/" + name).at("/data/containers/0/Id");
    ASSERT_EQ(server().post("/deployments/" + name + "/run").status, 202);
    // The new release takes two seconds to listen: kill at different points of that.
    eventually([&] { return engine().named_like_ours(name).size() == 2 || !engine().exists(before); });
    if (i == 1)
      eventually([&] {
        return text_at(engine().call("GET", "/containers/" + before + "/json").json(), "/State/Running") != "true";
      });
    server().kill();
    server().start();
    auto const now = server().settled(name);
    EXPECT_EQ(now.at("/data/status"), "running") << now.body;
    EXPECT_NE(now.at("/data/containers/0/Id"), before);
    EXPECT_EQ(engine().named_like_ours(name).size(), 1u);
    EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "late\n");
  }
}

TEST_F(life, sighup_reads_the_settings_file_again) {
  test::temp_folder const folder;
  write_file(folder / "krane.toml", "names = \"one.test\"\n");
  krane_server with_file({.engine = {}, .environment = {}, .arguments = {"--config", folder / "krane.toml"}});
  auto const status_for = [&](std::string const& host) {
    return exchange(with_file.where(), "GET", "/login", {{"Host", host}}).status;
  };
  EXPECT_EQ(status_for("one.test"), 200);
  EXPECT_NE(status_for("two.test"), 200);
  write_file(folder / "krane.toml", "names = \"two.test\"\n");
  with_file.program().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return status_for("two.test") == 200; }));
  EXPECT_NE(status_for("one.test"), 200);
  EXPECT_EQ(with_file.log().find("only with a restart"), std::string::npos);
  write_file(folder / "krane.toml", "names = \"two.test\"\nkeep-releases = \"9\"\n");
  with_file.program().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return with_file.log().find("only with a restart") != std::string::npos; }));
}

TEST_F(life, systemd_is_told_when_it_is_ready_and_when_it_stops) {
  test::temp_folder const folder;
  int const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const path = folder / "notify";
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
  timeval const limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  krane_server told({.engine = {}, .environment = {{"NOTIFY_SOCKET", path}}, .arguments = {}});
  auto const heard = [&](std::string_view word) {
    char buffer[256];
    while (true) {
      auto const n = recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      if (std::string_view(buffer, static_cast<std::size_t>(n)).find(word) != std::string_view::npos) return true;
    }
  };
  EXPECT_TRUE(heard("READY=1"));
  told.program().signal(SIGTERM);
  EXPECT_TRUE(heard("STOPPING=1"));
  close(fd);
}

}  // namespace
}  // namespace krane::e2e
