// The probe on the real engine client, talking to a scripted engine.
#include "runs/probe.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <thread>

#include "engine/docker_engine.hpp"
#include "model/reason.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_engine.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::route;

struct probe : ::testing::Test {
  container_id start(test::scripted_image image) {
    world.engine_has("docker.io/krane-test/web:latest", std::move(image));
    return world.add_container("web-00000001", "docker.io/krane-test/web:latest", {});
  }

  std::optional<failure> seen(container_id const& id, probe_limits limits) {
    auto got = test::run_coroutine(loop, probe_container(*docker, {id, "web-00000001", {}, "krane"}, limits));
    EXPECT_TRUE(got) << got.error().message;
    return got.value_or(std::nullopt);
  }

  test::scripted_engine world;
  asio::io_context loop;
  std::unique_ptr<engine> docker = *make_docker_engine(loop.get_executor(), world.address());
};

// The engine has set the exit code back to 0 when it restarts a container; seen when the machine is slow.
TEST_F(probe, tells_the_exit_code_of_a_container_that_the_engine_has_already_restarted) {
  auto const id = start({});
  world.set_status(id, "running", 1);
  world.forget_calls();
  std::jthread crash([&] {
    if (world.wait_for_calls(route::inspect, 2)) world.exit_container(id, 3);
  });
  auto const why = seen(id, {.settle = 20ms, .in_all = 400ms});
  ASSERT_TRUE(why);
  EXPECT_EQ(why->reason, reason::container_exited);
  EXPECT_EQ(why->exit_code, 3);
}

TEST_F(probe, takes_a_container_that_keeps_running) {
  auto const why = seen(start({}), {.settle = 20ms, .in_all = 400ms});
  EXPECT_FALSE(why) << why->message;
}

}  // namespace
}  // namespace krane
