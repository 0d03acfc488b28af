// GET /system.
#include "api_world.hpp"

namespace krane {
namespace {

class system_state : public test::api_test {
protected:
  system_state() {
    world.set_storage_folder("/");
    EXPECT_TRUE(becomes([&] { return service->recovered(); }));
  }
};

TEST_F(system_state, is_for_those_who_are_logged_in) {
  EXPECT_EQ(ask_as_stranger("GET", "/system").status, 401);
}

TEST_F(system_state, tells_of_every_part) {
  auto const data = ask("GET", "/system").data();
  EXPECT_EQ(data.at("version"), "1.2.3");
  EXPECT_EQ(data.at("time").as_string(), to_rfc3339(time.now()));
  EXPECT_EQ(data.at("store"), "ok");
  EXPECT_EQ(data.at("recovery"), "ok");
  EXPECT_EQ(data.at("login_keys"), 1);
  EXPECT_EQ(data.at("engine").at("version"), "20.10.24");
  for (auto const* const disk : {"state_disk", "image_disk"}) {
    EXPECT_GT(data.at(disk).at("total_bytes").to_number<std::uint64_t>(), 0u) << disk;
    EXPECT_LE(data.at(disk).at("free_bytes").to_number<std::uint64_t>(),
              data.at(disk).at("total_bytes").to_number<std::uint64_t>());
  }
  EXPECT_EQ(data.at("state_disk").at("folder").as_string(), folder / "state");
}

TEST_F(system_state, tells_what_krane_holds_and_not_what_strangers_do) {
  world.registry_has("docker.io/krane-test/web:latest", {.listens = {8080}});
  world.engine_has("docker.io/krane-test/stranger:1");
  world.add_container("stranger", "docker.io/krane-test/stranger:1", {});
  world.add_volume("web_data", {{"krane.instance", state->instance().str()}});
  world.add_volume("stranger_data", {});
  create("web");
  ASSERT_EQ(deploy("web").step, run_step::done);
  auto const data = ask("GET", "/system").data();
  auto const& held = data.at("holds");
  EXPECT_EQ(held.at("containers"), 1);
  EXPECT_EQ(held.at("images"), 1);
  EXPECT_EQ(held.at("image_bytes"), 1'000'000);
  EXPECT_EQ(held.at("volumes"), 1);
  EXPECT_GT(data.at("database_bytes").to_number<std::uint64_t>(), 0u);
  EXPECT_EQ(data.at("disk_reserve_bytes"), 0);
}

TEST_F(system_state, answers_without_an_engine_too) {
  world.down();
  auto const answer = ask("GET", "/system");
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.data().as_object().contains("engine"));
  EXPECT_FALSE(answer.data().as_object().contains("image_disk"));
}

TEST_F(system_state, does_not_wait_for_an_engine_that_hangs) {
  world.hang(test::route::ping);
  auto const began = std::chrono::steady_clock::now();
  EXPECT_FALSE(ask("GET", "/system").data().as_object().contains("engine"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{4});
  world.let_go(test::route::ping);
}

}  // namespace
}  // namespace krane
