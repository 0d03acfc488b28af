// Which network a server's containers are in, and what happens when it is lost; on a scripted engine.
#include "runs/container_network.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "model/reason.hpp"
#include "unit/runs/run_world.hpp"

namespace krane {
namespace {

using test::route;
using testing::ElementsAre;
using testing::HasSubstr;

// A server on the engine of a run_world, with a state folder of its own.
class another_server {
public:
  explicit another_server(test::run_world& w) : w_(w), docker_(*make_docker_engine(executor(), address())) { open(); }
  ~another_server() { state_->stop(); }

  instance_id instance() const { return state_->instance(); }
  std::string own_name() const { return "krane-" + instance().str().substr(0, 8); }
  result<network_details> ensure() { return test::run_coroutine(w_.loop, network_->ensure()); }
  std::string name() const { return options_.network; }
  void restart() {
    network_.reset();
    state_->stop();
    state_.reset();
    options_ = {};
    open();
  }
  result<void> give_up() { return test::run_coroutine(w_.loop, network_->give_up()); }

private:
  krane::executor executor() const { return w_.loop.get_executor(); }
  std::string address() const { return w_.engine_world.address(); }
  void open() {
    state_ = std::move(*open_store(executor(), {.folder = folder_.path().string(), .on_fatal = {}, .hides = nullptr}));
    network_ = std::make_unique<container_network>(executor(), *state_, *docker_, options_);
  }

  test::run_world& w_;
  test::temp_folder folder_;
  run_options options_;
  std::unique_ptr<engine> docker_;
  std::unique_ptr<store> state_;
  std::unique_ptr<container_network> network_;
};

class its_network : public testing::Test {
protected:
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (auto const& one : w.engine_world.networks())
      if (one.name != "bridge") all.push_back(one.name);
    std::ranges::sort(all);
    return all;
  }
  container_id stranger(std::string const& instance) {
    w.engine_world.engine_has("x:1");
    auto const id = w.engine_world.add_container("x-" + instance, "x:1", {{label::instance, instance}});
    w.engine_world.move(id, "krane");
    return id;
  }
  void open() {
    w.open();
    ASSERT_TRUE(w.eventually([&] { return w.service->recovered(); }));
  }
  container_id only() { return w.engine_world.containers().at(0).id; }
  bool is_reachable_again() {
    return w.eventually([&] {
      auto const now = w.engine_world.containers();
      return now.size() == 1 && !now[0].address.empty() && w.now().status == deployment_status::running;
    });
  }

  test::run_world w;
};

TEST_F(its_network, is_krane_for_the_first_server_and_another_for_each_that_follows) {
  another_server first(w);
  another_server second(w);
  another_server third(w);
  auto const one = first.ensure();
  auto const two = second.ensure();
  auto const three = third.ensure();
  ASSERT_TRUE(one && two && three);
  EXPECT_EQ(one->name, "krane");
  EXPECT_EQ(one->marks.at(label::instance), first.instance().str());
  EXPECT_EQ(two->name, second.own_name());
  EXPECT_EQ(three->name, third.own_name());
  EXPECT_EQ(first.ensure()->id, one->id);
}

TEST_F(its_network, once_chosen_stays_the_same) {
  another_server first(w);
  another_server second(w);
  ASSERT_TRUE(first.ensure() && second.ensure());
  w.engine_world.remove_network("krane");
  second.restart();
  EXPECT_EQ(second.name(), second.own_name()) << "known before the engine is asked";
  EXPECT_EQ(second.ensure()->name, second.own_name());
  EXPECT_EQ(first.ensure()->name, "krane") << "made again";
}

TEST_F(its_network, made_by_an_older_krane_is_of_the_server_whose_containers_are_in_it) {
  w.engine_world.add_network("krane");
  another_server ours(w);
  another_server other(w);
  stranger(ours.instance().str());
  EXPECT_EQ(other.ensure()->name, other.own_name());
  EXPECT_EQ(ours.ensure()->name, "krane");
}

TEST_F(its_network, made_by_an_older_krane_and_empty_is_of_the_first_that_comes) {
  w.engine_world.add_network("krane");
  another_server first(w);
  EXPECT_EQ(first.ensure()->name, "krane");
  EXPECT_THAT(names(), ElementsAre("krane"));
}

TEST_F(its_network, is_left_to_the_other_where_two_servers_made_one_at_once) {
  another_server ours(w);
  w.engine_world.add_network("krane", "bridge", {{label::instance, ours.instance().str()}});
  w.engine_world.add_network("krane", "bridge", {{label::instance, "another"}});
  EXPECT_EQ(ours.ensure()->name, ours.own_name());
  EXPECT_THAT(names(), ElementsAre("krane", ours.own_name()));
  for (auto const& one : w.engine_world.networks())
    if (one.name == "krane") EXPECT_EQ(one.marks.at(label::instance), "another");
}

TEST_F(its_network, that_another_server_has_taken_meanwhile_is_not_joined) {
  another_server ours(w);
  ASSERT_TRUE(ours.ensure());
  w.engine_world.remove_network("krane");
  w.engine_world.add_network("krane", "bridge", {{label::instance, "another"}});
  auto const refused = ours.ensure();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, reason::name_conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("krane"));
}

TEST_F(its_network, goes_with_the_last_deployment_but_where_its_name_could_not_be_had_again) {
  another_server first(w);
  another_server second(w);
  ASSERT_TRUE(first.ensure() && second.ensure());
  EXPECT_TRUE(second.give_up());
  EXPECT_TRUE(first.give_up());
  EXPECT_THAT(names(), ElementsAre("krane"));
  EXPECT_EQ(second.ensure()->name, second.own_name());
}

TEST_F(its_network, a_container_that_was_taken_off_it_is_connected_again) {
  open();
  w.put();
  ASSERT_EQ(w.deploy().step, run_step::done);
  w.engine_world.forget_calls();
  w.engine_world.disconnect(only());
  w.engine_world.emit(only(), "start");  // something that is looked at
  EXPECT_TRUE(is_reachable_again());
  EXPECT_EQ(w.engine_world.count(route::create), 0u);
  EXPECT_EQ(w.engine_world.count(route::stop), 0u);
  EXPECT_THAT(w.engine_world.container(only().str())->aliases, testing::Contains("app"));
  EXPECT_TRUE(w.eventually([&] { return w.events.back().message.contains("had lost its network"); }));
}

TEST_F(its_network, a_stopped_deployment_is_started_after_it_was_removed) {
  open();
  w.put();
  ASSERT_EQ(w.deploy().step, run_step::done);
  auto const act = [&](run_kind kind) {
    auto accepted = test::run_coroutine(w.loop, w.service->act_on_serving(deployment_name{"app"}, kind));
    EXPECT_TRUE(accepted);
    return accepted ? w.end_of(*accepted) : run{};
  };
  ASSERT_EQ(act(run_kind::stop).step, run_step::done);
  w.engine_world.remove_network("krane");
  run const started = act(run_kind::start);
  EXPECT_EQ(started.step, run_step::done) << (started.why_failed ? started.why_failed->message : "");
  w.expect_only_serving();
  EXPECT_FALSE(w.engine_world.containers()[0].address.empty());
}

TEST_F(its_network, a_release_that_stopped_by_itself_is_brought_back_after_it_was_removed) {
  open();
  w.put();
  ASSERT_EQ(w.deploy().step, run_step::done);
  w.engine_world.remove_network("krane");
  w.engine_world.exit_container(only(), 1);
  EXPECT_TRUE(is_reachable_again());
}

TEST_F(its_network, is_there_when_a_created_container_is_started_at_last) {
  open();
  w.put();
  w.engine_world.hang(route::start);
  run const accepted = w.accept();
  ASSERT_TRUE(w.eventually([&] { return w.engine_world.count(route::start) == 1; }));
  w.close();
  w.engine_world.remove_network("krane");
  w.engine_world.let_go(route::start);
  w.open();
  EXPECT_EQ(w.end_of(accepted).step, run_step::done);
}

}  // namespace
}  // namespace krane
