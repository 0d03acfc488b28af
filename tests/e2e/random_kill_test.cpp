// The server killed at moments that nobody chose, while it redeploys on a real engine, and asked for the next release
// before it has recovered.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

constexpr int kills = 12;
constexpr int latest_ms = 1'200;  // a redeploy takes about that long

class random_kill : public on_a_real_engine {};

TEST_F(random_kill, during_redeploys_leaves_one_release_serving_and_no_run_unfinished) {
  auto const name = fresh("random");
  auto const port = free_port();
  server().create(
      name, R"("image":"krane-test/web","tag":"1","container_port":"8080","host_port":")" + std::to_string(port) + '"');
  ASSERT_EQ(server().run(name).at("/data/status"), "running");
  auto const seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 1; i <= kills; ++i) {
    std::string const tag = i % 2 == 0 ? "1" : "2";
    std::string const other = i % 2 == 0 ? "2" : "1";
    auto const before = server().post("/deployments/" + name + "/run?tag=" + other);
    ASSERT_EQ(before.status, 202) << before.body;
    // The moment itself is what is tested here.
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % latest_ms));
    server().kill();
    server().launch();
    auto const asked = server().call_as_soon_as_it_listens("POST", "/deployments/" + name + "/run?tag=" + tag);
    ASSERT_EQ(asked.status, 202) << asked.body;
    auto const now = server().ended(name, asked);
    SCOPED_TRACE("kill " + std::to_string(i) + ": " + now.body);
    EXPECT_EQ(now.at("/data/status"), "running");
    EXPECT_EQ(now.at("/data/run/id"), asked.at("/data/run/id"));
    EXPECT_EQ(now.at("/data/run/state"), "done");
    EXPECT_EQ(now.at("/data/serving/id"), asked.at("/data/run/id"));
    for (auto const& [run, times] : server().ends_of(name)) EXPECT_EQ(times, 1) << run;
    EXPECT_TRUE(eventually([&] { return engine().named_like_ours(name).size() == 1; }))
        << "one container and no left-over";
    EXPECT_EQ(exchange(endpoint::tcp(port), "GET", "/").body, "web " + tag + "\n");
  }
  EXPECT_EQ(server().get("/deployments/" + name + "/runs").json().at("data").as_array().size(), 2 * kills + 1U);
}

}  // namespace
}  // namespace krane::e2e
