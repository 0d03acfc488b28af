// What is sent to a server that was just started, before it has gone on with what it was doing.
#include <gtest/gtest.h>

#include <thread>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

constexpr int rounds = 10;

class during_recovery : public on_a_real_engine {};

TEST_F(during_recovery, the_newest_accepted_run_serves_and_every_run_ends_once) {
  auto const name = fresh("recovery");
  auto const port = free_port();
  server().create(
      name, R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" + std::to_string(port) + '"');
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  for (int i = 1; i <= rounds; ++i) {
    std::string const older = i % 2 == 0 ? "1" : "2";
    std::string const newer = i % 2 == 0 ? "2" : "1";
    ASSERT_EQ(server().post("/deployments/" + name + "/run?tag=" + older).status, 202);
    EXPECT_EQ(server().stop(), 0);
    server().launch();
    auto const asked = server().call_as_soon_as_it_listens("POST", "/deployments/" + name + "/run?tag=" + newer);
    ASSERT_EQ(asked.status, 202) << asked.body;
    auto const now = server().ended(name, asked);
    SCOPED_TRACE("round " + std::to_string(i) + ": " + now.body);
    EXPECT_EQ(now.at("/data/status"), "running");
    EXPECT_EQ(now.at("/data/run/id"), asked.at("/data/run/id"));
    EXPECT_EQ(now.at("/data/run/state"), "done");
    EXPECT_EQ(now.at("/data/serving/id"), asked.at("/data/run/id"));
    for (auto const& [run, times] : server().ends_of(name)) EXPECT_EQ(times, 1) << run;
    EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web " + newer + "\n");
    EXPECT_TRUE(eventually([&] { return engine().named_like_ours(name).size() == 1; })) << "and no left-over";
  }
}

TEST_F(during_recovery, a_removal_leaves_neither_a_run_nor_a_port_that_is_in_the_way) {
  auto const name = fresh("gone");
  auto const port = free_port();
  std::string const config =
      R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" + std::to_string(port) + '"';
  server().create(name, config);
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  ASSERT_EQ(server().post("/deployments/" + name + "/run?tag=2").status, 202);
  EXPECT_EQ(server().stop(), 0);
  server().launch();
  ASSERT_EQ(server().call_as_soon_as_it_listens("DELETE", "/deployments/" + name).status, 200);
  EXPECT_TRUE(engine().named_like_ours(name).empty());
  EXPECT_EQ(server().front_master(), 0) << "nothing has to be held";
  server().create(name, config);
  EXPECT_EQ(server().run(name).at("/data/status"), "running") << server().last_error(name);
  EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web 1\n");
}

TEST_F(during_recovery, the_server_stops_in_time_and_whoever_waits_is_answered) {
  auto const name = fresh("stop");
  server().create(name, R"("image":"krane-test/web","tag":"1","container_port":"8080")");
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  ASSERT_EQ(server().post("/deployments/" + name + "/run?tag=2").status, 202);
  EXPECT_EQ(server().stop(), 0);
  server().launch();
  EXPECT_EQ(server().call_as_soon_as_it_listens("POST", "/deployments/" + name + "/run?tag=1").status, 202);
  // A removal answers when all is gone, or when the server stops.
  answer removal;
  std::jthread waits([&] {
    try {
      removal = server().remove("/deployments/" + name);
    } catch (std::exception const& e) {
      removal.body = e.what();
    }
  });
  EXPECT_TRUE(eventually([&] { return server().get("/deployments/" + name).at("/data/status") != "running"; }));
  EXPECT_EQ(server().stop(), 0);
  waits.join();
  EXPECT_TRUE(removal.status == 200 || removal.status == 202) << removal.status << removal.body;
  server().start();
  EXPECT_TRUE(eventually([&] { return server().get("/deployments/" + name).status == 404; }));
}

}  // namespace
}  // namespace krane::e2e
