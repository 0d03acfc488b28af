// A running server of the last release is replaced by the one built here, on the same state folder, while clients use
// its ports: nobody notices, and everything that was there is there.
#include <gmock/gmock.h>

#include <cstdlib>

#include "e2e/harness/clients.hpp"
#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class upgrade : public on_a_real_engine {
protected:
  void SetUp() override {
    engine_ = docker::find();
    if (!engine_) GTEST_SKIP() << "no Docker engine: set KRANE_TEST_DOCKER_HOST, or use scripts/test";
    char const* const released = std::getenv("KRANE_TEST_RELEASED_SERVER");
    if (released == nullptr) GTEST_SKIP() << "no released server: set KRANE_TEST_RELEASED_SERVER, or use scripts/test";
    server_options options;
    options.program = released;
    options.environment["KRANE_KEEP_WARM"] = "5m";  // as the released server has it
    server_ = std::make_unique<krane_server>(std::move(options));
  }

  std::string config(std::string const& image, std::string const& more = {}) const {
    return R"("image":"krane-test/)" + image + R"(","container_port":"8080")" + more;
  }
  std::string with_port(std::uint16_t number) const { return R"(,"host_port":")" + std::to_string(number) + '"'; }
  std::string bring_up(std::string const& stem, std::string const& its_config) {
    auto const name = fresh(stem);
    server().create(name, its_config);
    EXPECT_EQ(server().run(name, "?tag=1").at("/data/status"), "running") << server().last_error(name);
    return name;
  }
  std::string status_of(std::string const& name) { return server().get("/deployments/" + name).at("/data/status"); }
  std::string container_of(std::string const& name) {
    return server().get("/deployments/" + name).at("/data/containers/0/Id");
  }
  // The number of answers that failed is what counts; which release answered is each test's own.
  static void expect_none_failed(clients::seen const& seen) {
    EXPECT_EQ(seen.refused, 0u) << seen.first_failure;
    EXPECT_EQ(seen.cut, 0u) << seen.first_failure;
  }

  std::uint16_t const port_ = free_port();
};

TEST_F(upgrade, of_a_running_server_is_noticed_by_no_client_and_loses_nothing) {
  auto const web = bring_up("web", config("keep", with_port(port_)));
  auto const replicated = bring_up("several", config("keep", R"(,"replicas":2)" + with_port(free_port())));
  auto const stored = bring_up("stored", config("keep", R"(,"volumes":["data:/data"],"environment":{"A":"b"})"));
  auto const halted = bring_up("halted", config("keep", with_port(free_port())));
  ASSERT_EQ(server().post("/deployments/" + halted + "/stop").status, 202);
  ASSERT_EQ(server().settled(halted).at("/data/status"), "stopped");
  auto const serving = container_of(stored);
  auto const haproxy = server().front_master();
  ASSERT_NE(haproxy, 0);

  // A pause of 5 ms between the requests of each client makes more than 200 a second of them.
  clients load(port_, {.new_each_time = 2, .kept_alive = 2});
  ASSERT_TRUE(load.served(100, "web 1\n")) << load.so_far().first_failure;
  EXPECT_EQ(server().stop(), 0);
  server().upgrade();
  server().start();
  ASSERT_TRUE(load.served(200, "web 1\n")) << load.so_far().first_failure;
  EXPECT_EQ(server().front_master(), haproxy) << "the ports stay with the HAProxy that holds them";

  // The session of before still opens everything.
  EXPECT_EQ(status_of(web), "running");
  EXPECT_EQ(status_of(replicated), "running");
  EXPECT_EQ(status_of(stored), "running");
  EXPECT_EQ(status_of(halted), "stopped");
  EXPECT_EQ(container_of(stored), serving) << "what runs is left alone";
  EXPECT_EQ(server().get("/deployments/" + stored).at("/data/template/config/environment/A"), "b");

  EXPECT_EQ(server().run(web, "?tag=2").at("/data/status"), "running") << server().last_error(web);
  ASSERT_TRUE(load.served(50, "web 2\n")) << load.so_far().first_failure;
  ASSERT_EQ(server().post("/deployments/" + web + "/rollback").status, 202);
  EXPECT_EQ(server().settled(web).at("/data/status"), "running") << server().last_error(web);
  ASSERT_TRUE(load.served(50, "web 1\n")) << load.so_far().first_failure;
  expect_none_failed(load.finish());

  ASSERT_EQ(server().post("/deployments/" + halted + "/start").status, 202);
  EXPECT_EQ(server().settled(halted).at("/data/status"), "running") << server().last_error(halted);
  EXPECT_EQ(server().run(replicated, "?tag=2").at("/data/status"), "running") << server().last_error(replicated);
  EXPECT_EQ(server().run(stored, "?tag=2").at("/data/status"), "running") << server().last_error(stored);
}

TEST_F(upgrade, after_a_kill_finishes_what_the_server_before_it_accepted) {
  auto const name = bring_up("half", config("keep", with_port(port_)));
  auto const accepted = server().post("/deployments/" + name + "/run?tag=2");
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  server().kill();
  server().upgrade();
  server().start();
  EXPECT_EQ(server().settled(name).at("/data/status"), "running") << server().last_error(name);
  auto const run = server().get("/deployments/" + name + "/runs/" + accepted.at("/data/run/number"));
  EXPECT_EQ(run.at("/data/state"), "done") << run.body;
  EXPECT_EQ(exchange(endpoint::tcp(port_), "GET", "/").body, "web 2\n");
}

TEST_F(upgrade, lets_a_kept_release_be_gone_back_to) {
  auto const name = bring_up("kept", config("keep", with_port(port_)));
  EXPECT_EQ(server().run(name, "?tag=2").at("/data/status"), "running") << server().last_error(name);
  EXPECT_EQ(server().stop(), 0);
  server().upgrade();
  server().start();
  ASSERT_EQ(server().post("/deployments/" + name + "/rollback").status, 202);
  EXPECT_EQ(server().settled(name).at("/data/status"), "running") << server().last_error(name);
  EXPECT_EQ(exchange(endpoint::tcp(port_), "GET", "/").body, "web 1\n");
}

}  // namespace
}  // namespace krane::e2e
