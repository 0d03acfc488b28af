// Going back to an earlier release on a scripted engine: which image it gets, and from where.
#include <gmock/gmock.h>

#include <algorithm>

#include "model/reason.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::image_v1;
using test::route;
using testing::HasSubstr;

class roll_back : public testing::Test {
protected:
  void SetUp() override { w.open(); }

  result<run> ask(std::optional<std::uint64_t> release = std::nullopt) {
    return test::run_coroutine(w.loop, w.service->roll_back(deployment_name{"app"}, release));
  }
  run go_back(std::optional<std::uint64_t> release = std::nullopt) {
    auto accepted = ask(release);
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted ? w.end_of(*accepted) : run{};
  }
  // Two releases, the second of which serves.
  std::pair<run, run> two_releases() {
    w.put();
    run const first = w.deploy();
    run const second = w.deploy("app", "v2");
    w.engine_world.forget_calls();
    return {first, second};
  }
  std::size_t pulls() {
    auto const all = w.engine_world.calls();
    return static_cast<std::size_t>(std::ranges::count(all, route::pull, &test::scripted_call::where));
  }
  void remove_from_engine(run const& r) {
    auto const gone = test::run_coroutine(w.loop, w.docker->remove_image(r.image->str()));
    ASSERT_TRUE(gone);
    ASSERT_FALSE(w.engine_world.images().contains(r.image_name().text()));
  }
  std::string why(run const& r) { return r.why_failed ? r.why_failed->message : ""; }

  test::run_world w;
};

TEST_F(roll_back, brings_the_image_back_without_asking_the_registry) {
  auto const [first, second] = two_releases();
  w.engine_world.registry(test::registry_does::refuse_connection);
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(back.restores, first.number);
  EXPECT_EQ(back.image, first.image);
  EXPECT_EQ(pulls(), 0u);
  w.expect_only_serving();
  EXPECT_EQ(w.now().serving, back.id);
  EXPECT_EQ(w.engine_world.containers()[0].image, image_v1) << "named by its tag, which still means it";
}

TEST_F(roll_back, brings_the_same_image_back_after_its_tag_moved) {
  auto const [first, second] = two_releases();
  w.engine_world.engine_has(image_v1, {.id = "sha256:" + std::string(64, '9'), .listens = {8080}});
  w.engine_world.engine_has("docker.io/krane-test/web@" + *first.repo_digest,
                            {.id = first.image->str(), .listens = {8080}});
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(w.engine_world.containers()[0].image, first.image->str());
}

TEST_F(roll_back, pulls_an_image_that_is_gone_by_its_digest) {
  auto const [first, second] = two_releases();
  ASSERT_TRUE(first.repo_digest);
  remove_from_engine(first);
  // The tag means another one by now.
  w.engine_world.registry_has("docker.io/krane-test/web:old", {.id = first.image->str(), .listens = {8080}});
  w.engine_world.registry_has(image_v1, {.id = "sha256:" + std::string(64, '9'), .exits = 3});
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(pulls(), 1u);
  EXPECT_EQ(back.image, first.image);
  EXPECT_EQ(back.repo_digest, first.repo_digest);
  w.expect_only_serving();
}

TEST_F(roll_back, says_what_is_missing_when_no_registry_has_the_image_any_more) {
  auto const [first, second] = two_releases();
  remove_from_engine(first);
  w.engine_world.registry_has(image_v1, {.id = "sha256:" + std::string(64, '9')});
  run const back = go_back();
  EXPECT_EQ(back.step, run_step::failed);
  EXPECT_EQ(back.why_failed->reason, reason::image_not_found);
  EXPECT_THAT(why(back), HasSubstr("the image of release 1 of app is not on the engine any more"));
  EXPECT_EQ(w.now().serving, second.id) << "what served serves on";
  w.expect_only_serving();
}

TEST_F(roll_back, goes_back_and_forth_when_asked_twice) {
  auto const [first, second] = two_releases();
  EXPECT_EQ(go_back().restores, 1u);
  EXPECT_EQ(go_back().restores, 2u);
  EXPECT_EQ(go_back().restores, 3u);
  EXPECT_EQ(w.now().config.tag, "latest");
  w.expect_only_serving();
}

TEST_F(roll_back, changes_nothing_where_there_is_nothing_to_go_back_to) {
  w.put();
  w.deploy();
  auto const refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::nothing_to_roll_back_to);
  EXPECT_EQ(w.now().status, deployment_status::running);
}

TEST_F(roll_back, is_finished_by_the_next_server) {
  two_releases();
  w.engine_world.hang(route::create);
  auto const accepted = ask();
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(w.eventually(
      [&] { return std::ranges::count(w.engine_world.calls(), route::create, &test::scripted_call::where) > 0; }));
  w.close();
  w.engine_world.let_go(route::create);
  w.open();
  run const back = w.end_of(*accepted);
  EXPECT_EQ(back.step, run_step::done) << why(back);
  EXPECT_EQ(back.restores, 1u);
  EXPECT_TRUE(w.eventually([&] { return w.engine_world.containers().size() == 1; }));
  w.expect_only_serving();
}

}  // namespace
}  // namespace krane
