// Images that go with their deployment: only what krane brought, and never what another one is about to use.
#include <gmock/gmock.h>

#include "support/scripted_world.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using test::image_v1;
using test::image_v2;
using test::route;
using testing::Contains;
using testing::Key;
using testing::Not;

class image_removal : public testing::Test {
protected:
  void SetUp() override { w.open(); }

  void put(std::string name, std::string image, std::optional<pull_policy> pull = {}) {
    spec s;
    s.name = deployment_name{std::move(name)};
    s.registry = "docker.io";
    s.image = std::move(image);
    s.container_port = 8080;
    s.service.pull = pull;
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
  }
  run remove(std::string name) {
    auto const accepted = test::run_coroutine(w.loop, w.service->remove(deployment_name{std::move(name)}));
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted ? w.end_of(*accepted) : run{};
  }
  void good(run const& r) { EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : ""); }

  test::run_world w;
};

TEST_F(image_removal, an_image_that_was_built_here_is_not_removed_with_its_deployment) {
  w.engine_world.engine_has("docker.io/krane-test/built:dev", {.listens = {8080}});
  put("app", "krane-test/built", pull_policy::missing);
  good(w.deploy("app", "dev"));
  good(remove("app"));
  EXPECT_THAT(w.engine_world.images(), Contains(Key("docker.io/krane-test/built:dev")));
  EXPECT_EQ(w.engine_world.count(route::remove_image), 0U);
}

TEST_F(image_removal, an_image_that_was_pulled_goes_with_its_deployment) {
  put("app", "krane-test/web");
  good(w.deploy("app", "v2"));
  good(remove("app"));
  EXPECT_TRUE(w.engine_world.images().empty());
}

TEST_F(image_removal, a_name_that_somebody_else_gave_it_stays) {
  put("app", "krane-test/web");
  good(w.deploy("app", "v2"));
  auto const id = w.engine_world.images().at(image_v2);
  w.engine_world.engine_has("docker.io/mine/keep:1", {.id = id, .listens = {8080}});
  good(remove("app"));
  EXPECT_THAT(w.engine_world.images(), Contains(Key("docker.io/mine/keep:1")));
  EXPECT_THAT(w.engine_world.images(), Not(Contains(Key(image_v2))));
}

TEST_F(image_removal, a_second_name_that_krane_pulled_goes_and_the_one_that_was_there_stays) {
  auto const id = test::with_id(image_v2, {}).id;
  w.engine_world.engine_has("docker.io/mine/built:1", {.id = id, .listens = {8080}});
  put("app", "krane-test/web");
  run const r = w.deploy("app", "v2");
  good(r);
  EXPECT_FALSE(r.fetched);
  good(remove("app"));
  EXPECT_THAT(w.engine_world.images(), Contains(Key("docker.io/mine/built:1")));
  EXPECT_THAT(w.engine_world.images(), Not(Contains(Key(image_v2))));
}

TEST_F(image_removal, what_another_deployment_still_uses_stays_until_that_one_goes) {
  put("app", "krane-test/web");
  put("other", "krane-test/web");
  good(w.deploy("app", "v2"));
  good(w.deploy("other", "v2"));
  good(remove("app"));
  EXPECT_THAT(w.engine_world.images(), Contains(Key(image_v2)));
  good(remove("other"));
  EXPECT_THAT(w.engine_world.images(), Not(Contains(Key(image_v2)))) << "a pull of krane brought it";
}

TEST_F(image_removal, a_deployment_that_has_pulled_it_and_has_no_container_yet_is_not_robbed_of_it) {
  put("app", "krane-test/web");
  put("other", "krane-test/web");
  good(w.deploy("app", "v2"));
  w.engine_world.hang(route::create);
  run const waits = w.accept("other", "v2");
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::create) == 2; }));
  good(remove("app"));
  EXPECT_THAT(w.engine_world.images(), Contains(Key(image_v2)));
  w.engine_world.let_go(route::create);
  good(w.end_of(waits));
  EXPECT_EQ(w.engine_world.containers().size(), 1U);
}

TEST_F(image_removal, a_name_that_has_moved_on_is_another_images) {
  put("app", "krane-test/web");
  good(w.deploy("app", "v2"));
  // A name that has moved on meanwhile is another image's.
  w.engine_world.registry_has(image_v2, {.id = "sha256:" + std::string(64, '7'), .listens = {8080}});
  put("other", "krane-test/web");
  good(w.deploy("other", "v2"));
  good(remove("app"));
  EXPECT_EQ(w.engine_world.images().at(image_v2), "sha256:" + std::string(64, '7'));
  EXPECT_EQ(w.engine_world.images().size(), 1U) << "the old one, which had its digest only, is gone";
}

}  // namespace
}  // namespace krane
