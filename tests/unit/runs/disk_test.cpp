// The disk in runs: an image that does not fit is not pulled, and what krane pulled and no release needs goes.
#include <gmock/gmock.h>

#include <filesystem>

#include "model/reason.hpp"
#include "run_world.hpp"
#include "support/scripted_registry.hpp"

namespace krane {
namespace {

using test::image_v1;
using test::route;
using test::scripted_registry;
using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

constexpr std::uint64_t too_much = std::uint64_t{1} << 60;

class disk_full : public testing::Test {
protected:
  // Of a registry that tells sizes, which the engine has too.
  void open(std::uint64_t reserve = too_much) {
    for (std::string const tag : {"v1", "v2"}) {
      hub.has("krane-test/web", tag, {.layers = {{"base", 1000}, {tag, 500}}});
      w.engine_world.registry_has(name(tag), {.listens = {8080}, .layers = {hub.diff_id("base"), hub.diff_id(tag)}});
    }
    w.engine_world.set_storage_folder("/");
    w.registries = make_registry();
    w.disk_reserve_bytes = reserve;
    w.open();
    put();
  }
  void put(std::optional<pull_policy> pull = {}) {
    spec s;
    s.name = deployment_name{"app"};
    s.registry = hub.host();
    s.image = "krane-test/web";
    s.container_port = 8080;
    s.service.pull = pull;
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
  }
  std::string name(std::string const& tag) const { return hub.host() + "/krane-test/web:" + tag; }
  result<run> deploy(std::string tag) {
    return test::run_coroutine(w.loop, w.service->deploy(deployment_name{"app"}, std::move(tag)));
  }

  scripted_registry hub;
  test::run_world w;
};

TEST_F(disk_full, a_run_whose_image_does_not_fit_is_not_accepted) {
  open();
  auto const refused = deploy("v1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::storage_full);
  EXPECT_EQ(refused.error().reason, reason::engine_storage);
  EXPECT_THAT(refused.error().message, HasSubstr("1.5 KiB of it have to be pulled"));
  EXPECT_EQ(w.engine_world.count(route::pull), 0U);
  EXPECT_TRUE(w.events.empty()) << "nothing has begun";
  EXPECT_EQ(w.now().status, deployment_status::idle);
}

TEST_F(disk_full, what_is_here_already_needs_no_room) {
  w.engine_world.engine_has(name("v1"), {.listens = {8080}, .layers = {hub.diff_id("base"), hub.diff_id("v1")}});
  open();
  auto const accepted = deploy("v1");
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);

  auto const refused = deploy("v2");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("500 bytes of it have to be pulled")) << "they share a layer";
}

TEST_F(disk_full, an_image_that_need_not_be_pulled_is_not_asked_about) {
  w.engine_world.engine_has(name("v1"), {.listens = {8080}});
  open();
  put(pull_policy::missing);
  auto const accepted = deploy("v1");
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  EXPECT_TRUE(hub.calls().empty());
}

TEST_F(disk_full, a_registry_that_cannot_be_asked_stops_no_run) {
  open();
  for (int const status : {401, 403, 429, 500}) {
    hub.answer_all({.status = status});
    auto const accepted = deploy("v1");
    ASSERT_TRUE(accepted) << accepted.error().message;
    EXPECT_EQ(w.end_of(*accepted).step, run_step::done) << status;
  }
}

TEST_F(disk_full, with_room_for_any_image_nobody_is_asked) {
  open(0);
  auto const space = std::filesystem::space("/");
  auto const accepted = deploy("v1");
  ASSERT_TRUE(accepted);
  EXPECT_EQ(w.end_of(*accepted).step, run_step::done);
  if (space.available > std::uint64_t{70} << 30) EXPECT_TRUE(hub.calls().empty());
}

TEST_F(disk_full, the_run_looks_again_and_fails_with_the_release_before_it_serving) {
  open();
  // Not known when it is accepted, known when it is its turn: the registry comes back in between.
  hub.answer_all({.status = 503});
  auto const first = deploy("v1");
  ASSERT_TRUE(first);
  ASSERT_EQ(w.end_of(*first).step, run_step::done);
  auto const second = deploy("v2");
  ASSERT_TRUE(second) << second.error().message;
  hub.answer_all({.status = 0});
  auto const ended = w.end_of(*second);
  EXPECT_EQ(ended.step, run_step::failed);
  ASSERT_TRUE(ended.why_failed);
  EXPECT_EQ(ended.why_failed->reason, reason::engine_storage);
  w.expect_only_serving();
}

TEST_F(disk_full, an_engine_that_runs_out_of_space_fails_the_run_with_the_same_reason) {
  w.open();
  w.put();
  w.engine_world.registry(test::registry_does::fill_the_disk);
  auto const ended = w.deploy();
  EXPECT_EQ(ended.step, run_step::failed);
  ASSERT_TRUE(ended.why_failed);
  EXPECT_EQ(ended.why_failed->reason, reason::engine_storage);
  EXPECT_THAT(ended.why_failed->message, HasSubstr("the disk of the container engine is full"));
  EXPECT_EQ(w.engine_world.count(route::pull), 1U) << "the same again would fill it again";
}

class old_images : public testing::Test {
protected:
  void open(std::size_t keep) {
    w.keep_releases = keep;
    for (int i = 1; i <= 6; ++i) w.engine_world.registry_has(name(i), {.listens = {8080}});
    w.open();
    w.put();
  }
  static std::string name(int i) { return "docker.io/krane-test/web:r" + std::to_string(i); }
  run deploy(int i, std::string of = "app") {
    run const ended = w.deploy(std::move(of), "r" + std::to_string(i));
    EXPECT_EQ(ended.step, run_step::done) << (ended.why_failed ? ended.why_failed->message : "");
    return ended;
  }
  bool has(int i) { return w.engine_world.images().contains(name(i)); }
  bool goes(int i) {
    return w.eventually([&] { return !has(i); });
  }

  test::run_world w;
};

TEST_F(old_images, that_krane_pulled_go_when_no_release_needs_them) {
  open(2);
  for (int i = 1; i <= 6; ++i) EXPECT_TRUE(deploy(i).fetched);
  EXPECT_TRUE(goes(4));
  for (int i = 1; i <= 4; ++i) EXPECT_FALSE(has(i)) << i;
  for (int i = 5; i <= 6; ++i) EXPECT_TRUE(has(i)) << i;
}

TEST_F(old_images, that_were_there_before_stay) {
  w.engine_world.engine_has(name(1), {.listens = {8080}});
  open(1);
  EXPECT_FALSE(deploy(1).fetched);
  for (int i = 2; i <= 3; ++i) deploy(i);
  EXPECT_TRUE(goes(2));
  EXPECT_TRUE(has(1));
}

TEST_F(old_images, that_a_strangers_container_uses_stay) {
  open(1);
  deploy(1);
  deploy(2);
  ASSERT_TRUE(goes(1));
  w.engine_world.add_container("stranger", name(2), {});
  deploy(3);
  deploy(4);
  EXPECT_TRUE(goes(3));
  EXPECT_TRUE(has(2));
}

TEST_F(old_images, that_another_deployment_needs_stay) {
  open(1);
  w.put("other");
  deploy(1);
  deploy(1, "other");
  deploy(2);
  deploy(3);
  EXPECT_TRUE(goes(2));
  EXPECT_TRUE(has(1));
}

TEST_F(old_images, that_have_come_back_by_another_hand_stay) {
  open(1);
  deploy(1);
  deploy(2);
  ASSERT_TRUE(goes(1));
  ASSERT_TRUE(w.eventually([&] {
    auto const first = test::run_coroutine(w.loop, w.state->runs().find(deployment_name{"app"}, 1));
    return first && *first && !(*first)->fetched;
  }));
  w.engine_world.engine_has(name(1), {.listens = {8080}});
  deploy(3);
  EXPECT_TRUE(goes(2));
  EXPECT_TRUE(has(1));
}

TEST_F(old_images, go_after_the_next_good_run_when_the_server_was_stopped_or_the_engine_refused) {
  open(1);
  deploy(1);
  w.engine_world.fail_next(route::remove_image, 500, "a layer is busy");
  deploy(2);
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::remove_image) == 1; }));
  w.restart();
  EXPECT_TRUE(has(1));
  deploy(3);
  EXPECT_TRUE(goes(1));
  EXPECT_TRUE(goes(2));
}

TEST_F(old_images, stay_after_a_run_that_failed) {
  open(1);
  deploy(1);
  auto const failed = w.deploy("app", "crash");
  EXPECT_EQ(failed.step, run_step::failed);
  EXPECT_TRUE(failed.fetched);
  EXPECT_EQ(w.engine_world.count(route::remove_image), 0U);
  EXPECT_TRUE(has(1));
  EXPECT_THAT(w.engine_world.images(), Contains(Key("docker.io/krane-test/web:crash")));
}

TEST_F(old_images, a_release_whose_image_went_comes_back_from_the_registry) {
  open(1);
  deploy(1);
  deploy(2);
  ASSERT_TRUE(goes(1));
  auto const accepted = test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, 1));
  ASSERT_TRUE(accepted) << accepted.error().message;
  run const back = w.end_of(*accepted);
  EXPECT_EQ(back.step, run_step::done);
  EXPECT_TRUE(back.fetched);
  EXPECT_TRUE(goes(2));
}

}  // namespace
}  // namespace krane
