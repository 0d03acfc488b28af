// What krane relies on when it takes containers off a network and puts them back: as engine_contract_test.cpp.
#include <gmock/gmock.h>

#include "base/json.hpp"
#include "engine_contract.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::backend;
using test::image;
using test::mark;

class engine_networks : public test::engine_contract {};

INSTANTIATE_TEST_SUITE_P(of, engine_networks, testing::Values(backend::scripted, backend::docker),
                         [](auto const& info) { return info.param == backend::scripted ? "scripted" : "docker"; });

TEST_P(engine_networks, a_network_has_the_labels_that_it_was_made_with_and_is_found_by_its_whole_name) {
  auto const made = run(docker_->ensure_network(name("net"), {{mark, own_}}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->id.empty());
  EXPECT_EQ(made->driver, "bridge");
  EXPECT_EQ(made->marks.at(mark), own_);
  auto const again = run(docker_->ensure_network(name("net"), {{mark, "other"}}));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->id, made->id);
  EXPECT_EQ(again->marks.at(mark), own_) << "as it was made";
  auto const part = run(docker_->find_networks(name("ne")));
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_TRUE(part->empty());
  EXPECT_TRUE(run(docker_->remove_network(made->id)));
  EXPECT_TRUE(run(docker_->remove_network(made->id))) << "gone is gone";
}

TEST_P(engine_networks, a_container_is_taken_off_its_network_and_put_back_whatever_it_does) {
  auto const id = make(image("web", "1"), "a");
  auto const net = run(docker_->ensure_network(network_));
  ASSERT_TRUE(net) << net.error().message;
  auto const off_and_on = [&](std::string const& state) {
    EXPECT_TRUE(run(docker_->disconnect_network(network_, id))) << state;
    EXPECT_FALSE(look(id).addresses.contains(network_)) << state;
    EXPECT_TRUE(run(docker_->disconnect_network(network_, id))) << state << ": off already";
    EXPECT_TRUE(run(docker_->connect_network(net->id, id, {"a-name"}))) << state;
    EXPECT_TRUE(look(id).addresses.contains(network_)) << state;
    EXPECT_TRUE(run(docker_->connect_network(net->id, id, {"a-name"}))) << state << ": connected already";
    EXPECT_EQ(look(id).status, state);
  };
  off_and_on("created");
  ASSERT_TRUE(run(docker_->start_container(id)));
  off_and_on("running");
  EXPECT_EQ(look(id).networks.at(network_), net->id);
  std::string const address = look(id).addresses.at(network_);
  EXPECT_FALSE(address.empty());
  EXPECT_TRUE(eventually([&] { return test::accepts(address, 8080); })) << address;
  ASSERT_TRUE(run(docker_->pause_container(id)));
  off_and_on("paused");
  EXPECT_FALSE(look(id).addresses.at(network_).empty());
  ASSERT_TRUE(run(docker_->stop_container(id, 5s)));
  off_and_on("exited");
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_FALSE(look(id).addresses.at(network_).empty());
  EXPECT_EQ(run(docker_->connect_network(net->id, container_id{"nonesuch"}, {})).error().code, errc::not_found);
  EXPECT_FALSE(run(docker_->connect_network(name("no-network"), id, {})));
  EXPECT_TRUE(run(docker_->disconnect_network(network_, container_id{"nonesuch"})));
}

// What `docker network rm` and a prune leave of a container that does not run.
TEST_P(engine_networks, a_container_whose_network_was_removed_starts_in_a_new_one_of_that_name) {
  ASSERT_TRUE(run(docker_->pull(image("web", "1"), {})));
  auto const first = run(docker_->ensure_network(name("net")));
  ASSERT_TRUE(first) << first.error().message;
  auto const id = run(docker_->create_container({.name = name("a"),
                                                 .image = image("web", "1").text(),
                                                 .marks = {{mark, own_}},
                                                 .network = name("net"),
                                                 .exposed = 8080,
                                                 .publish = {}}));
  ASSERT_TRUE(id) << id.error().message;
  ASSERT_TRUE(run(docker_->start_container(*id)));
  EXPECT_EQ(run(docker_->remove_network(first->id)).error().code, errc::conflict) << "it is in use";
  ASSERT_TRUE(run(docker_->stop_container(*id, 5s)));
  ASSERT_TRUE(run(docker_->remove_network(first->id)));
  EXPECT_FALSE(run(docker_->start_container(*id)));
  auto const second = run(docker_->ensure_network(name("net")));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_NE(second->id, first->id);
  EXPECT_NE(look(*id).networks.at(name("net")), second->id);
  ASSERT_TRUE(run(docker_->disconnect_network(name("net"), *id)));
  ASSERT_TRUE(run(docker_->connect_network(second->id, *id, {})));
  auto const started = run(docker_->start_container(*id));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(look(*id).networks.at(name("net")), second->id);
  EXPECT_FALSE(look(*id).addresses.at(name("net")).empty());
  ASSERT_TRUE(run(docker_->remove_container(*id)));
  EXPECT_TRUE(run(docker_->remove_network(second->id)));
}

TEST_P(engine_networks, its_restart_policy_is_changed_while_it_runs_and_while_it_is_paused) {
  auto const id = make(image("sleep", "latest"), "a");
  docker::http_client raw(loop_.get_executor(), *docker::parse_endpoint(world_->address()), 2s);
  auto const policy = [&] {
    if (world_->scripted() != nullptr) return world_->scripted()->container(id.str())->restart;
    auto const seen = run(raw.call({.target = "/v1.40/containers/" + id.str() + "/json"}));
    EXPECT_TRUE(seen) << seen.error().message;
    auto const json = parse_json(seen->body);
    return std::string(json->at_pointer("/HostConfig/RestartPolicy/Name").as_string());
  };
  EXPECT_EQ(policy(), "unless-stopped");
  restart_policy const never{.is = restart_policy::kind::no};
  ASSERT_TRUE(run(docker_->start_container(id)));
  EXPECT_TRUE(run(docker_->set_restart_policy(id, never)));
  EXPECT_EQ(policy(), "no");
  ASSERT_TRUE(run(docker_->pause_container(id)));
  EXPECT_TRUE(run(docker_->set_restart_policy(id, {})));
  EXPECT_EQ(policy(), "unless-stopped");
  EXPECT_TRUE(run(docker_->set_restart_policy(id, restart_policy{.is = restart_policy::kind::on_failure, .most = 3})));
  EXPECT_EQ(policy(), "on-failure");
  EXPECT_EQ(look(id).status, "paused");
  EXPECT_EQ(run(docker_->set_restart_policy(container_id{"nonesuch"}, never)).error().code, errc::not_found);
}

}  // namespace
}  // namespace krane
