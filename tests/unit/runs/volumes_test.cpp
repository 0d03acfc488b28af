// The volumes of deployments: whose they are, and what of an image's is kept.
#include "runs/volumes.hpp"

#include <gmock/gmock.h>

#include "model/reason.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using test::image_v1;
using test::image_v2;
using test::route;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;

deployment_name const app{"app"};

mount named(std::string source, std::string target) {
  return {.is = mount::kind::volume, .source = std::move(source), .target = std::move(target)};
}

TEST(image_volume_name, is_another_for_every_place_and_replica_and_for_what_a_config_can_name) {
  EXPECT_EQ(image_volume_name(app, "/data", 0), "app_-data");
  EXPECT_EQ(image_volume_name(app, "/data/", 0), "app_-data");
  EXPECT_EQ(image_volume_name(app, "/var/lib/post-gres_1", 1), "app_-var-lib-post_2dgres_5f1.2");
  EXPECT_NE(image_volume_name(app, "/a-b", 0), image_volume_name(app, "/a/b", 0));
  EXPECT_NE(image_volume_name(app, "/a.2", 0), image_volume_name(app, "/a", 1));
  auto const many = image_volume_name(app, "/" + std::string(300, 'x'), 0);
  EXPECT_LT(many.size(), 255U);
  EXPECT_NE(many, image_volume_name(app, "/" + std::string(301, 'x'), 0));
}

TEST(kept_places, are_those_that_the_config_says_nothing_of) {
  service_config c;
  c.volumes = {named("data", "/data/")};
  c.tmpfs = {{.target = "/run"}};
  c.volatile_places = {"/cache"};
  EXPECT_THAT(
      kept_places(c, {"/data", "/run/app", "/cache/", "/var/lib/x", "/runner", "/", "relative", "/run/secrets"}),
      ElementsAre("/runner", "/var/lib/x"));
}

TEST(belongs_to, goes_by_the_owner_and_by_the_labels_of_krane_0_1) {
  instance_id const here{"here"};
  EXPECT_TRUE(belongs_to(marks_of_volumes(app, here), app, here));
  EXPECT_TRUE(belongs_to({{"deployment.name", "app"}, {"krane.instance", "here"}}, app, here));
  EXPECT_FALSE(belongs_to({}, app, here));
  EXPECT_FALSE(belongs_to({{"deployment.name", "app"}}, app, here));
  EXPECT_FALSE(belongs_to(marks_of_volumes(app, instance_id{"there"}), app, here));
  EXPECT_FALSE(belongs_to(marks_of_volumes(deployment_name{"other"}, here), app, here));
  EXPECT_FALSE(
      belongs_to({{"krane.owner", "project/app"}, {"deployment.name", "app"}, {"krane.instance", "here"}}, app, here))
      << "a name of something else";
}

class volumes : public testing::Test {
protected:
  void SetUp() override {
    w.engine_world.registry_has(redis_v1, {.listens = {8080}, .volumes = {"/data"}});
    w.engine_world.registry_has(redis_v2, {.listens = {8080}, .volumes = {"/data"}});
    w.open();
  }

  void put(std::string name, std::vector<mount> mounts, std::string image = "krane-test/web",
           std::uint32_t replicas = 1, std::optional<rollout> replace = {}, std::vector<std::string> gone = {}) {
    spec s;
    s.name = deployment_name{std::move(name)};
    s.registry = "docker.io";
    s.image = std::move(image);
    s.container_port = 8080;
    s.replace = replace;
    s.service.volumes = std::move(mounts);
    s.service.replicas = replicas;
    s.service.volatile_places = std::move(gone);
    ASSERT_TRUE(test::run_coroutine(w.loop, w.state->deployments().put(std::move(s), false, w.time.now())));
  }
  void good(run const& r) { EXPECT_EQ(r.step, run_step::done) << (r.why_failed ? r.why_failed->message : ""); }
  // The only container's volume at a place.
  std::string at(std::string const& place) {
    auto const all = w.engine_world.containers();
    EXPECT_EQ(all.size(), 1U);
    return all.size() == 1 && all[0].volumes.contains(place) ? all[0].volumes.at(place) : "";
  }
  run remove(bool with_volumes = false) {
    auto const accepted = test::run_coroutine(w.loop, w.service->remove(app, with_volumes));
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted ? w.end_of(*accepted) : run{};
  }
  // As krane 0.1.0 left it: the run knows nothing of volumes, and the engine made one of its own.
  run forget_volumes(run r) {
    r.volumes.reset();
    EXPECT_TRUE(test::run_coroutine(w.loop, w.state->runs().save({r, {}, std::nullopt, std::nullopt, false, {}})));
    return r;
  }

  static constexpr char redis_v1[] = "docker.io/krane-test/redis:1";
  static constexpr char redis_v2[] = "docker.io/krane-test/redis:2";
  test::run_world w;
};

TEST_F(volumes, of_a_stranger_are_not_used_and_nothing_is_touched) {
  w.engine_world.add_volume("app_data", {{"com.docker.compose.project", "shop"}});
  put("app", {named("data", "/d")});
  run const r = w.deploy();
  ASSERT_TRUE(r.why_failed);
  EXPECT_EQ(r.why_failed->reason, reason::name_conflict);
  EXPECT_THAT(r.why_failed->message, HasSubstr("app_data"));
  EXPECT_EQ(w.engine_world.count(route::pull), 0U);
  EXPECT_EQ(w.engine_world.count(route::create), 0U);

  auto const plan = test::run_coroutine(w.loop, w.service->plan(w.now().config, {}));
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->problems.size(), 1U);
  EXPECT_EQ(plan->problems[0].reason, reason::name_conflict);
  EXPECT_EQ(plan->problems[0].path, "config.volumes[0]");
}

TEST_F(volumes, of_a_deployment_are_made_with_its_labels_and_used_again) {
  put("app", {named("data", "/d")});
  good(w.deploy());
  EXPECT_EQ(w.engine_world.volumes().at("app_data"), marks_of_volumes(app, w.state->instance()));
  good(w.deploy("app", "v2"));
  EXPECT_EQ(at("/d"), "app_data");
  good(remove());
  EXPECT_THAT(w.engine_world.volumes(), Contains(Key("app_data")));
  put("app", {named("data", "/d")});
  good(w.deploy());
  EXPECT_EQ(at("/d"), "app_data") << "a deployment of the same name has them again";
}

TEST_F(volumes, that_have_gone_are_told_of_when_they_are_made_again_empty) {
  std::string const said = "Volume app_data is gone, with all that was in it; it is made again and starts empty";
  auto const how_often = [&] { return std::ranges::count(w.events, said, &event::message); };
  put("app", {named("data", "/d")});
  good(w.deploy());
  EXPECT_EQ(how_often(), 0) << "the first release has none yet";
  good(w.deploy("app", "v2"));
  EXPECT_EQ(how_often(), 0);
  w.engine_world.lose_volume("app_data");
  run const after = w.deploy("app", "latest");
  good(after);
  ASSERT_EQ(how_often(), 1);
  EXPECT_EQ(std::ranges::find(w.events, said, &event::message)->run, after.id);

  // And where nobody deploys: somebody has removed the container, and the volume too.
  w.engine_world.lose_volume("app_data");
  w.engine_world.remove_container(w.engine_world.containers().at(0).id);
  ASSERT_TRUE(w.eventually([&] { return how_often() == 2; }));
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.volumes().contains("app_data"); }));
}

TEST_F(volumes, whose_names_come_to_the_same_are_had_by_one_deployment) {
  put("app", {named("x_data", "/d")});
  put("app_x", {named("data", "/d")});
  run const one = w.accept("app");
  run const other = w.accept("app_x");
  run const first = w.end_of(one);
  run const second = w.end_of(other);
  EXPECT_NE(first.step == run_step::done, second.step == run_step::done) << "exactly one has it";
  run const& loser = first.step == run_step::done ? second : first;
  ASSERT_TRUE(loser.why_failed);
  EXPECT_EQ(loser.why_failed->reason, reason::name_conflict);
}

TEST_F(volumes, that_the_serving_release_of_krane_0_1_has_are_its_own_without_a_label) {
  put("app", {named("data", "/d")});
  forget_volumes(w.deploy());
  w.engine_world.add_volume("app_data", {});
  good(w.deploy("app", "v2"));
  good(w.deploy("app", "latest"));
  EXPECT_EQ(at("/d"), "app_data");
}

TEST_F(volumes, that_krane_did_not_make_stay_whoever_asks_and_it_is_said) {
  put("app", {named("data", "/d")});
  forget_volumes(w.deploy());
  w.engine_world.add_volume("app_data", {});
  good(w.deploy("app", "v2"));
  run const gone = remove(true);
  good(gone);
  EXPECT_THAT(w.engine_world.volumes(), Contains(Key("app_data")));
  ASSERT_TRUE(gone.volumes);
  ASSERT_EQ(gone.volumes->size(), 1U);
  EXPECT_EQ(gone.volumes->at(0).name, "app_data");
  EXPECT_TRUE(std::ranges::any_of(
      w.events, [](event const& e) { return e.message == "Kept volume app_data (/d): krane did not make it"; }));
}

TEST_F(volumes, of_an_image_are_kept_over_deploys_and_rollbacks_and_stopped_first) {
  put("app", {}, "krane-test/redis");
  run const first = w.deploy("app", "1");
  good(first);
  EXPECT_EQ(at("/data"), "app_-data");
  run const second = w.deploy("app", "2");
  good(second);
  EXPECT_EQ(second.order, run_order::stop_first);
  EXPECT_EQ(at("/data"), "app_-data");
  auto const back = test::run_coroutine(w.loop, w.service->roll_back(app, 1));
  ASSERT_TRUE(back) << back.error().message;
  good(w.end_of(*back));
  EXPECT_EQ(at("/data"), "app_-data");
  EXPECT_EQ(w.engine_world.volumes().size(), 1U);
  bool said = false;
  for (event const& one : w.events) said = said || one.message.contains("Volume app_-data");
  EXPECT_TRUE(said);
}

TEST_F(volumes, of_an_image_are_shared_only_by_who_asks_for_a_rolling_change) {
  put("app", {}, "krane-test/redis", 1, rollout::rolling);
  good(w.deploy("app", "1"));
  run const second = w.deploy("app", "2");
  good(second);
  EXPECT_EQ(second.order, run_order::side_by_side);
  EXPECT_EQ(at("/data"), "app_-data");
}

TEST_F(volumes, of_an_image_that_are_volatile_go_with_the_container) {
  put("app", {}, "krane-test/redis", 1, {}, {"/data"});
  good(w.deploy("app", "1"));
  std::string const first = at("/data");
  EXPECT_TRUE(is_anonymous(first));
  good(w.deploy("app", "2"));
  EXPECT_NE(at("/data"), first);
  EXPECT_THAT(w.engine_world.volumes(), Not(Contains(Key(first))));
}

TEST_F(volumes, of_an_image_are_one_for_each_replica) {
  put("app", {}, "krane-test/redis", 2);
  good(w.deploy("app", "1"));
  good(w.deploy("app", "2"));
  std::vector<std::string> names;
  for (auto const& one : w.engine_world.containers()) names.push_back(one.volumes.at("/data"));
  EXPECT_THAT(names, testing::UnorderedElementsAre("app_-data", "app_-data.2"));
}

// A container of krane 0.1.0: its volume at /data is the engine's own.
TEST_F(volumes, that_the_engine_made_for_krane_0_1_are_carried_on) {
  put("app", {}, "krane-test/redis", 1, {}, {"/data"});
  run const first = forget_volumes(w.deploy("app", "1"));
  std::string const data = at("/data");
  ASSERT_TRUE(is_anonymous(data));
  put("app", {}, "krane-test/redis");
  run const failed = w.deploy("app", "nonesuch");
  EXPECT_EQ(failed.step, run_step::failed);
  good(w.deploy("app", "2"));
  EXPECT_EQ(at("/data"), data);
  w.restart();
  good(w.deploy("app", "1"));
  EXPECT_EQ(at("/data"), data);
  EXPECT_THAT(w.engine_world.volumes(), ElementsAre(Key(data)));
}

TEST_F(volumes, that_the_engine_made_for_krane_0_1_stay_when_the_image_has_no_such_place_for_a_while) {
  put("app", {}, "krane-test/redis", 1, {}, {"/data"});
  forget_volumes(w.deploy("app", "1"));
  std::string const data = at("/data");
  put("app", {});
  good(w.deploy("app", "v2"));
  EXPECT_EQ(at("/data"), "");
  EXPECT_THAT(w.engine_world.volumes(), Contains(Key(data)));
  put("app", {}, "krane-test/redis");
  good(w.deploy("app", "1"));
  EXPECT_EQ(at("/data"), data);
}

TEST_F(volumes, that_the_engine_made_for_krane_0_1_are_kept_at_a_removal) {
  put("app", {}, "krane-test/redis", 1, {}, {"/data"});
  forget_volumes(w.deploy("app", "1"));
  std::string const data = at("/data");
  run const gone = remove();
  good(gone);
  EXPECT_TRUE(w.engine_world.containers().empty());
  EXPECT_THAT(w.engine_world.volumes(), Contains(Key(data)));
  ASSERT_TRUE(gone.volumes);
  EXPECT_EQ(gone.volumes->front().name, data) << "it is named";
}

TEST_F(volumes, are_removed_with_the_deployment_where_that_is_asked_for) {
  put("app", {named("more", "/more")}, "krane-test/redis");
  good(w.deploy("app", "1"));
  w.engine_world.add_volume("app_strangers", {});
  run const gone = remove(true);
  good(gone);
  EXPECT_THAT(w.engine_world.volumes(), ElementsAre(Key("app_strangers")));
  ASSERT_TRUE(gone.volumes);
  EXPECT_THAT(*gone.volumes, IsEmpty());
}

TEST_F(volumes, are_not_removed_by_a_removal_that_is_cut_off_before_its_containers_are_gone) {
  put("app", {}, "krane-test/redis");
  good(w.deploy("app", "1"));
  w.engine_world.hang(route::remove);
  auto const accepted = test::run_coroutine(w.loop, w.service->remove(app, true));
  ASSERT_TRUE(accepted) << accepted.error().message;
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::remove) == 1; }));
  EXPECT_THAT(w.engine_world.volumes(), Contains(Key("app_-data")));
  w.engine_world.let_go(route::remove);
  w.restart();
  EXPECT_TRUE(w.eventually([&] { return w.state->find_deployment(app) == nullptr; }));
  EXPECT_TRUE(w.engine_world.volumes().empty()) << "and it goes on after a restart";
}

TEST_F(volumes, are_in_the_plan_of_a_deploy) {
  put("app", {named("more", "/more")}, "krane-test/redis");
  good(w.deploy("app", "1"));
  auto const plan = test::run_coroutine(w.loop, w.service->plan(w.now().config, "1"));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->order, run_order::stop_first);
  ASSERT_EQ(plan->volumes.size(), 2U);
  EXPECT_EQ(plan->volumes[0].name, "app_more");
  EXPECT_EQ(plan->volumes[1].name, "app_-data");
  EXPECT_TRUE(plan->volumes[1].of_image);
  EXPECT_FALSE(plan->volumes[1].is_new);
}

TEST_F(volumes, containers_of_a_deployment_are_stopped_at_once) {
  put("app", {}, "krane-test/web", 3);
  good(w.deploy());
  w.engine_world.hang(route::stop);
  auto const accepted = test::run_coroutine(w.loop, w.service->remove(app));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_TRUE(w.eventually([&] { return w.engine_world.count(route::stop) == 3; })) << "none waits for another";
  w.engine_world.let_go(route::stop);
  good(w.end_of(*accepted));
}

}  // namespace
}  // namespace krane
