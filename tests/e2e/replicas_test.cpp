// Several containers of one release, and one that is kept to go back to: what clients of the port see, and what is at
// the engine.
#include <gmock/gmock.h>

#include <csignal>

#include "e2e/harness/clients.hpp"
#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class replicas : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
  }
  void bring_up(std::string const& name, std::string const& tag, std::string const& more) {
    server().create(name, R"("image":"krane-test/keep:)" + tag + R"(","container_port":"8080","host_port":")" +
                              std::to_string(port_) + R"(",)" + more);
    server().run(name);
    ASSERT_EQ(status(name), "running") << server().last_error(name);
  }
  std::string status(std::string const& name) { return server().get("/deployments/" + name).at("/data/status"); }
  // "running", "paused", … of each of its containers, in order of their names.
  std::vector<std::string> states(std::string const& name) {
    std::map<std::string, std::string> all;
    for (auto const& one : engine().with_label("deployment.name=" + name))
      all[text_at(one, "/Names/0")] = text_at(one, "/State");
    std::vector<std::string> out;
    for (auto const& [container, state] : all) out.push_back(state);
    return out;
  }
  std::vector<std::string> ids(std::string const& name) {
    std::vector<std::string> out;
    for (auto const& one : engine().with_label("deployment.name=" + name)) out.push_back(text_at(one, "/Id"));
    std::ranges::sort(out);
    return out;
  }
  void asks(std::string const& name, std::string const& what, std::string const& body = {}) {
    auto const accepted = server().post("/deployments/" + name + "/" + what, body);
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    server().settled(name);
  }
  std::string newest_run(std::string const& name, std::string const& what) {
    return server().get("/deployments/" + name + "/runs?limit=1").at("/data/0" + what);
  }

  std::uint16_t const port_ = free_port();
  person ada;
};

TEST_F(replicas, are_replaced_under_load_without_a_failed_request) {
  auto const name = fresh("three");
  bring_up(name, "1", R"("replicas":3)");
  EXPECT_THAT(states(name), ElementsAre("running", "running", "running"));
  clients load(port_, {.new_each_time = 3, .kept_alive = 6});
  ASSERT_TRUE(load.served(50, "web 1\n"));
  bring_up(name, "2", R"("replicas":3)");
  ASSERT_TRUE(load.served(50, "web 2\n")) << load.so_far().first_failure;
  auto const seen = load.finish();
  EXPECT_EQ(seen.failed(), 0u) << seen.first_failure;
  EXPECT_THAT(states(name), ElementsAre("running", "running", "running"));
}

TEST_F(replicas, share_the_connections_out_and_one_that_is_killed_costs_none) {
  auto const name = fresh("shared");
  bring_up(name, "1", R"("replicas":2)");
  clients load(port_, {.new_each_time = 3, .kept_alive = 0});
  ASSERT_TRUE(load.served(30, "web 1\n"));
  engine().remove(ids(name).front());
  EXPECT_TRUE(eventually([&] { return states(name) == std::vector<std::string>{"running", "running"}; }));
  ASSERT_TRUE(load.served(30, "web 1\n"));
  EXPECT_EQ(load.finish().refused, 0u) << "the other one took what the dead one refused";
}

TEST_F(replicas, are_scaled_up_and_down_by_the_difference) {
  auto const name = fresh("scaled");
  bring_up(name, "1", R"("hold":"5s")");
  auto const first = ids(name);
  clients load(port_, {.new_each_time = 3, .kept_alive = 3});
  auto const up = ada.types({"scale", name + "=3"});
  EXPECT_EQ(up.status, 0) << up.all();
  auto const three = ids(name);
  EXPECT_EQ(three.size(), 3u);
  EXPECT_TRUE(std::ranges::includes(three, first)) << "what was there stays";
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/template/config/replicas"), "3");
  auto const down = ada.types({"scale", name + "=1"});
  EXPECT_EQ(down.status, 0) << down.all();
  EXPECT_EQ(ids(name), first);
  EXPECT_EQ(load.finish().failed(), 0u);
}

TEST_F(replicas, a_word_that_is_no_number_is_told_how_to_write_it) {
  for (char const* wrong : {"web", "web=", "=3", "web=many", "web=3x"}) {
    auto const said = ada.types({"scale", wrong});
    EXPECT_EQ(said.status, 2) << wrong;
    EXPECT_THAT(said.err, HasSubstr("krane scale web=3")) << wrong;
  }
  auto const too_many = ada.types({"scale", "web=21"});
  EXPECT_NE(too_many.status, 0);
}

TEST_F(replicas, with_a_port_that_the_engine_publishes_are_refused_with_what_to_do) {
  auto const refused =
      server().post("/deployments", R"({"name":"pub","config":{"image":"krane-test/keep","replicas":2,)"
                                    R"("container_port":"8080","host_port":"9999","publish":"engine"}})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.body, HasSubstr("leave publish out"));
}

TEST_F(replicas, a_release_that_is_kept_is_gone_back_to_under_load_without_a_pull_a_create_or_a_start) {
  auto const name = fresh("warm");
  bring_up(name, "1", R"("keep_warm":"5m")");
  auto const first = ids(name);
  bring_up(name, "2", R"("keep_warm":"5m")");
  ASSERT_EQ(ids(name).size(), 2u);
  EXPECT_EQ(text_at(engine().inspect(first.front()), "/State/Status"), "paused");
  clients load(port_, {.new_each_time = 3, .kept_alive = 6});
  ASSERT_TRUE(load.served(30, "web 2\n"));
  auto const before = ids(name);
  asks(name, "rollback");
  ASSERT_TRUE(load.served(30, "web 1\n")) << load.so_far().first_failure;
  EXPECT_EQ(load.finish().failed(), 0u);
  EXPECT_EQ(ids(name), before) << "no container was made or removed";
  EXPECT_EQ(text_at(engine().inspect(first.front()), "/State/Status"), "running");
  EXPECT_EQ(newest_run(name, "/state"), "done");
  EXPECT_EQ(newest_run(name, "/traffic/refused"), "0");
  asks(name, "rollback");
  EXPECT_EQ(exchange(endpoint::tcp(port_), "GET", "/").body, "web 2\n") << "and forth";
  EXPECT_EQ(ids(name), before);
}

TEST_F(replicas, what_is_kept_goes_with_the_deployment_and_outlives_the_server) {
  auto const name = fresh("kept");
  bring_up(name, "1", R"("keep_warm":"5m")");
  bring_up(name, "2", R"("keep_warm":"5m")");
  server().kill();
  server().start();
  ASSERT_TRUE(eventually([&] { return status(name) == "running"; }));
  EXPECT_EQ(ids(name).size(), 2u);
  asks(name, "rollback");
  EXPECT_EQ(exchange(endpoint::tcp(port_), "GET", "/").body, "web 1\n");
  EXPECT_EQ(server().remove("/deployments/" + name).status, 200);
  EXPECT_TRUE(ids(name).empty());
}

}  // namespace
}  // namespace krane::e2e
