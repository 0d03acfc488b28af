// GET /health, /healthz, /readyz, /version.
#include "api_world.hpp"

namespace krane {
namespace {

class health : public test::api_test {};

TEST_F(health, is_answered_to_anybody) {
  for (auto const* const target : {"/health", "/healthz"}) {
    auto const answer = ask_as_stranger("GET", target);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.data().at("status"), "alive");
  }
  EXPECT_EQ(ask_as_stranger("GET", "/version").data().at("version"), "1.2.3");
  EXPECT_EQ(ask_as_stranger("GET", "/version").data().at("name"), "krane-server");
}

TEST_F(health, says_ready_when_store_engine_and_recovery_are) {
  ASSERT_TRUE(becomes([&] { return service->recovered(); }));
  auto const answer = ask_as_stranger("GET", "/readyz");
  EXPECT_EQ(answer.status, 200) << answer.text;
  auto const data = answer.data();
  EXPECT_EQ(data.at("status"), "ready");
  EXPECT_EQ(data.at("store"), "ok");
  EXPECT_EQ(data.at("engine"), "ok");
  EXPECT_EQ(data.at("recovery"), "ok");
  EXPECT_EQ(data.at("login_keys"), 1);
}

TEST_F(health, says_that_the_engine_is_down_while_it_lives_on) {
  ASSERT_TRUE(becomes([&] { return service->recovered(); }));
  world.down();
  auto const answer = ask_as_stranger("GET", "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.reason(), "engine_unavailable");
  EXPECT_EQ(answer.error(), "not ready: the container engine does not answer");
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(ask_as_stranger("GET", "/health").status, 200);
}

TEST_F(health, asks_the_engine_once_however_many_want_to_know) {
  ASSERT_TRUE(becomes([&] { return service->recovered(); }));
  ask_as_stranger("GET", "/readyz");
  auto const before = world.count(test::route::ping);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask_as_stranger("GET", "/readyz").status, 200);
  EXPECT_EQ(world.count(test::route::ping), before);
}

TEST_F(health, does_not_wait_for_an_engine_that_hangs) {
  ASSERT_TRUE(becomes([&] { return service->recovered(); }));
  world.hang(test::route::ping);
  auto const began = std::chrono::steady_clock::now();
  auto const answer = ask_as_stranger("GET", "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{4});
  world.let_go(test::route::ping);
}

}  // namespace
}  // namespace krane
