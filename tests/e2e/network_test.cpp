// The network under deployments: whose names are in it, and what happens when somebody takes it away.
#include <gmock/gmock.h>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class network : public on_a_real_engine {
protected:
  std::string config(std::string const& tag) const {
    return R"("image":"krane-test/web:)" + tag + R"(","container_port":"8080")";
  }
  void bring_up(krane_server& on, std::string const& name, std::string const& config) {
    on.create(name, config);
    auto const now = on.run(name);
    ASSERT_EQ(now.at("/data/status"), "running") << now.body << on.last_error(name);
  }
  std::string container_of(krane_server& on, std::string const& name) {
    return on.get("/deployments/" + name).at("/data/containers/0/Id");
  }
  std::string network_of(krane_server& on, std::string const& name) {
    return text_at(engine().inspect(container_of(on, name)), "/HostConfig/NetworkMode");
  }
  // Until another server's container is in the network that is there for the first, a server may take that.
  void take_the_first() {
    engine().call("POST", "/networks/create", R"({"Name":"krane","CheckDuplicate":true})");
    engine().pull("docker.io/krane-test/sleep", "latest");
    stranger(fresh("taken"), R"({"Image":"krane-test/sleep:latest","Labels":{"krane.instance":"another"},)"
                             R"("HostConfig":{"NetworkMode":"krane"}})");
  }
  std::string body_served() const {
    try {
      return exchange(endpoint::tcp(port_), "GET", "/").body;
    } catch (std::exception const& e) {
      return e.what();
    }
  }

  std::uint16_t const port_ = free_port();
};

TEST_F(network, of_each_server_on_an_engine_has_its_own_names_only) {
  auto const name = fresh("shop");
  krane_server second;
  bring_up(server(), name, config("1"));
  bring_up(second, name, config("2"));
  EXPECT_NE(network_of(server(), name), network_of(second, name));
  for (krane_server* const on : {&server(), &second}) {
    auto const its = network_of(*on, name);
    std::vector<std::string> const wanted{
        text_at(engine().inspect(container_of(*on, name)), "/NetworkSettings/Networks/" + its + "/IPAddress")};
    EXPECT_EQ(engine().resolve(name, its), wanted);
  }
  EXPECT_EQ(second.remove("/deployments/" + name).status, 200);
}

TEST_F(network, that_a_container_was_taken_off_is_joined_again) {
  auto const name = fresh("shop");
  bring_up(server(), name, config("1") + R"(,"host_port":")" + std::to_string(port_) + '"');
  auto const its = container_of(server(), name);
  auto const off = engine().call("POST", "/networks/" + network_of(server(), name) + "/disconnect",
                                 R"({"Container":")" + its + R"(","Force":true})");
  ASSERT_EQ(off.status, 200) << off.body;
  // Something that is looked at, long before the next look without a reason.
  engine().call("POST", "/containers/" + its + "/pause");
  engine().call("POST", "/containers/" + its + "/unpause");
  EXPECT_TRUE(eventually([&] { return body_served() == "web 1\n"; })) << body_served();
  EXPECT_EQ(container_of(server(), name), its);
  std::string told;
  for (auto const& event : server().events(name)) told = text_at(event, "/Message");
  EXPECT_THAT(told, HasSubstr("had lost its network"));
}

TEST_F(network, that_was_removed_is_made_again_when_a_stopped_deployment_starts) {
  take_the_first();
  auto const name = fresh("shop");
  bring_up(server(), name, config("1") + R"(,"host_port":")" + std::to_string(port_) + '"');
  auto const its = network_of(server(), name);
  ASSERT_THAT(its, StartsWith("krane-"));
  ASSERT_EQ(server().post("/deployments/" + name + "/stop").status, 202);
  ASSERT_EQ(server().settled(name).at("/data/status"), "stopped");
  ASSERT_EQ(engine().call("DELETE", "/networks/" + its).status, 204);
  ASSERT_EQ(server().post("/deployments/" + name + "/start").status, 202);
  auto const now = server().settled(name);
  EXPECT_EQ(now.at("/data/status"), "running") << server().last_error(name);
  EXPECT_EQ(body_served(), "web 1\n");
  EXPECT_EQ(network_of(server(), name), its);
  ASSERT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_EQ(engine().call("GET", "/networks/" + its).status, 404) << "it goes with the last deployment";
}

}  // namespace
}  // namespace krane::e2e
