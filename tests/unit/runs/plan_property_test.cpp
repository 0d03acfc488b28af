// What a plan says holds when the deploy is made: of random specs, one after the other, on a scripted engine.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>

#include "model/reason.hpp"
#include "model/release.hpp"
#include "support/tagged_server.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;

constexpr char app[] = "app";
constexpr int cases = 200;

std::set<std::string> ids_of(std::vector<planned_container> const& all) {
  std::set<std::string> out;
  for (planned_container const& one : all) out.insert(one.id.str());
  return out;
}

class plan_property : public testing::TestWithParam<publish_by> {
protected:
  plan_property() {
    w.publish = GetParam();
    // The removal of images goes on after a run has ended, and what it takes between a plan and its deploy changes what
    // `pull: missing` comes to.
    w.keep_releases = cases;
    occupied = holder.port();
    // Free ones, each another.
    std::vector<std::unique_ptr<test::tagged_server>> all;
    for (port& one : ports) one = all.emplace_back(std::make_unique<test::tagged_server>("127.0.0.1", 0, ""))->port();
    w.engine_world.occupy_port(occupied);
  }
  void SetUp() override {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
    w.put("other", ports[2]);
    ASSERT_EQ(w.deploy("other").step, run_step::done);
    set_secret("one");
  }

  bool one_in(int many) { return std::uniform_int_distribution(1, many)(random) == 1; }
  template <class T>
  T one_of(std::vector<T> const& all) {
    return all[std::uniform_int_distribution<std::size_t>(0, all.size() - 1)(random)];
  }
  void set_secret(std::string value) {
    auto const put = test::run_coroutine(w.loop, w.secrets->put(deployment_name{app}, "KEY", std::move(value)));
    ASSERT_TRUE(put) << put.error().message;
  }

  spec random_spec() {
    spec s;
    s.name = deployment_name{app};
    s.registry = "docker.io";
    s.image = "krane-test/web";
    s.tag = one_of<std::optional<std::string>>({{}, "latest", "v2", "v2"});
    if (one_in(20)) s.tag = "gone";
    if (one_in(20)) s.tag = "crash";
    s.container_port = 8080;
    if (!one_in(4)) s.host_port = one_of<port>({ports[0], ports[0], ports[1]});
    if (one_in(20)) s.host_port = occupied;
    if (one_in(20)) s.host_port = ports[2];
    if (one_in(3)) s.publish = one_of<publish_by>({publish_by::front, publish_by::engine});
    if (one_in(3)) s.replace = one_of<rollout>({rollout::rolling, rollout::recreate});
    if (one_in(4)) s.service.volumes.push_back({.source = "data", .target = "/data", .read_only = one_in(3)});
    if (one_in(6)) s.service.ports.push_back({.host = ports[3], .container = 8080});
    if (one_in(3)) s.service.environment["MODE"] = {.text = one_of<std::string>({"fast", "slow"})};
    if (one_in(3)) s.service.environment["TOKEN"] = {.text = one_in(8) ? "LOST" : "KEY", .is_secret = true};
    if (one_in(3)) s.service.pull = one_of<pull_policy>({pull_policy::always, pull_policy::missing});
    if (one_in(5)) s.service.replicas = 2;
    if (one_in(3)) s.service.keep_warm = 1h;
    if (one_in(20)) s.service.privileged = true;
    return s;
  }

  // A spec that is deployed again is the more telling the more has changed beside it.
  void change_the_world(bool same_spec) {
    if (one_in(same_spec ? 3 : 6)) set_secret(fmt::format("value {}", random()));
    if (one_in(same_spec ? 2 : 5))
      w.engine_world.registry_has(one_of<std::string>({test::image_v1, test::image_v2}),
                                  {.id = fmt::format("sha256:{:064x}", random()), .listens = {8080}});
    if (one_in(8) && w.now().status == deployment_status::running) {
      auto const stop = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{app}, run_kind::stop));
      ASSERT_TRUE(stop) << stop.error().message;
      w.end_of(*stop);
    }
    w.engine_world.registry(one_in(25) ? test::registry_does::deny : test::registry_does::serve);
  }

  std::optional<run> serving() {
    auto const id = w.now(app).serving;
    if (!id) return std::nullopt;
    auto found = test::run_coroutine(w.loop, w.state->runs().find(*id));
    return found ? *found : std::nullopt;
  }
  std::set<std::string> containers() {
    std::set<std::string> out;
    for (auto const& one : w.engine_world.containers())
      if (one.marks.at(label::deployment) == app) out.insert(one.id.str());
    return out;
  }

  struct outcome {
    std::optional<run> done;
    std::string reason;  // it failed with
    std::string message;
  };
  outcome deploy(spec const& wanted, std::optional<std::string> const& tag) {
    auto const stored = test::run_coroutine(w.loop, w.state->deployments().put(wanted, false, w.time.now()));
    if (!stored) return {{}, stored.error().reason, stored.error().message};
    auto const accepted = test::run_coroutine(w.loop, w.service->deploy(wanted.name, tag, std::nullopt));
    if (!accepted) return {{}, accepted.error().reason, accepted.error().message};
    run const ended = w.end_of(*accepted);
    if (ended.step == run_step::done) return {ended, {}, {}};
    return {{}, ended.why_failed->reason, ended.why_failed->message};
  }

  void expect_failed(deploy_plan const& plan, outcome const& came, std::set<std::string> const& before) {
    ASSERT_FALSE(came.done) << "the plan says that it fails: " << plan.problems.front().message;
    EXPECT_TRUE(std::ranges::any_of(plan.problems,
                                    [&](plan_problem const& one) { return one.fails && one.reason == came.reason; }))
        << "it failed with " << came.reason << ": " << came.message << "; the plan says "
        << plan.problems.front().reason;
    EXPECT_EQ(plan.created, 0U);
    EXPECT_EQ(ids_of(plan.kept), before);
    EXPECT_EQ(containers(), before);
  }

  void expect_done(deploy_plan const& plan, run const& ended, std::set<std::string> const& before,
                   std::optional<run> const& served) {
    auto const after = containers();
    auto const stay = ids_of(plan.kept);
    EXPECT_EQ(after.size(), plan.created + stay.size());
    for (std::string const& id : after) EXPECT_EQ(before.contains(id), stay.contains(id)) << "else it is a new one";
    for (std::string const& id : stay) {
      EXPECT_TRUE(after.contains(id));
      EXPECT_EQ(w.engine_world.container(id)->status, "paused");
    }
    auto gone = ids_of(plan.replaced);
    gone.insert(stay.begin(), stay.end());
    EXPECT_EQ(gone, before);
    kept += static_cast<int>(stay.size());
    EXPECT_EQ(plan.order, ended.order);
    bool const waits = ended.order == run_order::stop_first && ended.through_front && plan.runs_now;
    if (plan.gap == gap_kind::held) EXPECT_TRUE(waits);
    if (plan.gap == gap_kind::dead) EXPECT_EQ(ended.order, run_order::stop_first);
    if (plan.gap == gap_kind::none && plan.runs_now && ended.what.host_port)
      EXPECT_EQ(ended.order, run_order::side_by_side);
    if (plan.image.id) EXPECT_EQ(plan.image.id, ended.image);
    if (plan.image.digest) EXPECT_EQ(plan.image.digest, ended.repo_digest);
    bool const as_before = served && have_same_content(*served, ended);
    EXPECT_EQ(plan.config.empty() && !plan.image.changes, as_before);
    if (!plan.changes) EXPECT_TRUE(as_before);
  }

  // What a stop has let go is removed after its end.
  bool has_only_what_it_uses() {
    deployment const now = w.now(app);
    std::set<std::string> used;
    if (now.serving) used.insert(now.made_by.value_or(*now.serving).str());
    if (now.warm) used.insert(now.warm->made_by.str());
    return std::ranges::all_of(w.engine_world.containers(), [&](auto const& one) {
      return one.marks.at(label::deployment) != app || used.contains(one.marks.at(label::run));
    });
  }

  void plan_and_deploy(spec const& wanted, std::optional<std::string> const& tag) {
    ASSERT_TRUE(w.eventually([&] { return has_only_what_it_uses(); }));
    auto const before = containers();
    auto const served = serving();
    auto const stored = w.now(app);
    auto const pulls = w.engine_world.count(test::route::pull);
    auto const plan = test::run_coroutine(w.loop, w.service->plan(wanted, tag));
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(containers(), before) << "a plan changes nothing";
    EXPECT_EQ(w.now(app), stored);
    EXPECT_EQ(w.engine_world.count(test::route::pull), pulls);
    EXPECT_EQ(plan->release, served ? served->number : 0);
    auto const came = deploy(wanted, tag);
    if (plan->fails()) {
      ++failing;
      expect_failed(*plan, came, before);
      return;
    }
    if (!came.done) {
      // What no plan can know.
      EXPECT_EQ(came.reason, reason::container_exited) << came.message;
      EXPECT_EQ(containers(), before);
      return;
    }
    ++(plan->changes ? changing : same);
    ++gaps[plan->gap];
    expect_done(*plan, *came.done, before, served);
  }

  // KRANE_TEST_SEED: the same cases again.
  static unsigned chosen_seed() {
    char const* const given = std::getenv("KRANE_TEST_SEED");
    return given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  }

  unsigned const seed = chosen_seed();
  std::mt19937 random{seed};
  test::tagged_server holder{"0.0.0.0", 0, ""};
  port occupied = 0;
  std::vector<port> ports = std::vector<port>(4);
  test::run_world w;
  int failing = 0;
  int kept = 0;
  int changing = 0;
  int same = 0;
  std::map<gap_kind, int> gaps;
};

TEST_P(plan_property, what_it_says_is_what_the_deploy_does) {
  std::optional<spec> last;
  for (int i = 0; i < cases / 2; ++i) {
    SCOPED_TRACE(fmt::format("case {} of seed {}", i, seed));
    bool const same_spec = last && one_in(2);
    change_the_world(same_spec);
    spec const wanted = same_spec ? *last : random_spec();
    last = wanted;
    auto const tag = one_in(6) ? std::optional<std::string>("v2") : std::nullopt;
    plan_and_deploy(wanted, tag);
    if (HasFailure()) {
      fmt::print("seed {}\n", seed);
      return;
    }
  }
  fmt::print("seed {}: {} failing, {} changing, {} the same; gaps: {} none, {} held, {} dead; {} kept\n", seed, failing,
             changing, same, gaps[gap_kind::none], gaps[gap_kind::held], gaps[gap_kind::dead], kept);
}

INSTANTIATE_TEST_SUITE_P(with_ports_held_by, plan_property, testing::Values(publish_by::front, publish_by::engine),
                         [](auto const& of) { return of.param == publish_by::front ? "front" : "engine"; });

}  // namespace
}  // namespace krane
