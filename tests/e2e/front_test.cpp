// Host ports that the front holds, seen by clients: a redeploy refuses nobody, whatever comes in its way.
#include <gmock/gmock.h>

#include <csignal>

#include "e2e/harness/clients.hpp"
#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

using testing::HasSubstr;

class front_port : public on_a_real_engine {
protected:
  std::string config(std::string const& image, std::string const& more = {}) const {
    return R"("image":"krane-test/)" + image + R"(","container_port":"8080","host_port":")" + std::to_string(port_) +
           '"' + more;
  }
  // web:1 serves on the port.
  std::string serving(std::string const& stem, std::string const& image = "web", std::string const& more = {}) {
    auto const name = fresh(stem);
    server().create(name, config(image, more));
    run_well(name, "1");
    EXPECT_EQ(body_served(), "web 1\n");
    return name;
  }
  void run_well(std::string const& name, std::string const& tag) {
    auto const now = server().run(name, "?tag=" + tag);
    ASSERT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name);
    EXPECT_EQ(newest_run(name).at("/data/state"), "done") << server().last_error(name);
  }
  answer newest_run(std::string const& name) {
    auto const all = server().get("/deployments/" + name + "/runs");
    return server().get("/deployments/" + name + "/runs/" + all.at("/data/0/number"));
  }
  // The last event that says that a run is done.
  std::string done_event(std::string const& name) {
    std::string out;
    for (auto const& event : server().events(name))
      if (text_at(event, "/Phase") == "done") out = text_at(event, "/Message");
    return out;
  }
  // Or why there was none.
  std::string body_served() const {
    try {
      return exchange(endpoint::tcp(port_), "GET", "/").body;
    } catch (std::exception const& e) {
      return e.what();
    }
  }
  bool comes_to_serve(std::string const& body) const {
    return eventually([&] { return body_served() == body; });
  }
  std::string container_of(std::string const& name) {
    return server().get("/deployments/" + name).at("/data/containers/0/Id");
  }
  std::string state_of(std::string const& container, std::string const& what) {
    return text_at(engine().inspect(container), "/State/" + what);
  }

  std::uint16_t const port_ = free_port();
};

void expect_none_failed(clients::seen const& seen) {
  EXPECT_EQ(seen.refused, 0u) << seen.first_failure;
  EXPECT_EQ(seen.cut, 0u) << seen.first_failure;
}

TEST_F(front_port, is_open_through_redeploys_under_load) {
  auto const name = serving("load", "keep");
  clients load(port_, {.new_each_time = 3, .kept_alive = 6});
  ASSERT_TRUE(load.served(50, "web 1\n"));
  for (int i = 0; i < 5; ++i) {
    std::string const tag = i % 2 == 0 ? "2" : "1";
    run_well(name, tag);
    EXPECT_THAT(done_event(name), HasSubstr("; switched, 0 refused"));
    ASSERT_TRUE(load.served(20, "web " + tag + "\n")) << load.so_far().first_failure;
    auto const run = newest_run(name);
    EXPECT_EQ(run.at("/data/traffic/refused"), "0") << run.body;
    EXPECT_EQ(run.at("/data/traffic/cut"), "0") << run.body;
    EXPECT_NE(run.at("/data/traffic/switched"), "0") << run.body;
  }
  auto const seen = load.finish();
  expect_none_failed(seen);
  EXPECT_EQ(seen.bodies.size(), 2u) << "each answer is that of one release";
}

TEST_F(front_port, keeps_connections_of_before_a_switch_open_until_they_end) {
  auto const name = serving("drain");
  std::vector<wire> open;
  for (int i = 0; i < 5; ++i) open.emplace_back(endpoint::tcp(port_));
  ASSERT_EQ(server().post("/deployments/" + name + "/run?tag=2").status, 202);
  ASSERT_TRUE(comes_to_serve("web 2\n"));
  ASSERT_TRUE(eventually([&] { return newest_run(name).at("/data/state") == "switched"; })) << newest_run(name).body;
  for (auto& one : open) {
    EXPECT_EQ(one.receive(std::chrono::milliseconds(0)), std::nullopt) << "it is neither closed nor spoken to";
    EXPECT_EQ(ask_on(one), "web 1\n") << "it still leads to the release that it was opened to";
  }
  open.clear();
  ASSERT_EQ(server().settled(name).at("/data/status"), "running");
  auto const run = newest_run(name);
  EXPECT_NE(run.at("/data/traffic/drained"), "0") << run.body;
  EXPECT_EQ(run.at("/data/traffic/cut"), "0") << run.body;
  EXPECT_THAT(done_event(name), HasSubstr("drained"));
}

TEST_F(front_port, holds_connections_while_a_release_is_recreated) {
  auto const name = serving("recreate", "web", R"(,"rollout":"recreate")");
  clients load(port_, {.new_each_time = 4, .kept_alive = 0});
  ASSERT_TRUE(load.served(50, "web 1\n"));
  run_well(name, "2");
  ASSERT_TRUE(load.served(20, "web 2\n"));
  auto const seen = load.finish();
  EXPECT_EQ(seen.refused, 0u) << seen.first_failure;
  EXPECT_LE(seen.cut, 4u) << "only what was under way in the old one when it was stopped: " << seen.first_failure;
  EXPECT_THAT(done_event(name), testing::ContainsRegex("; switched, 0 refused, [0-9]+ held"));
  auto const run = newest_run(name);
  EXPECT_EQ(run.at("/data/traffic/refused"), "0") << run.body;
  EXPECT_NE(run.at("/data/traffic/held"), "0") << run.body;
  EXPECT_NE(run.at("/data/traffic/longest_wait_ms"), "0") << run.body;
}

TEST_F(front_port, notices_nothing_of_a_release_that_crashes) {
  auto const name = serving("broken", "keep");
  clients load(port_, {.new_each_time = 2, .kept_alive = 3});
  ASSERT_TRUE(load.served(20));
  server().create(name, config("crash"));
  ASSERT_EQ(server().post("/deployments/" + name + "/run").status, 202);
  server().settled(name);
  EXPECT_EQ(newest_run(name).at("/data/state"), "failed");
  ASSERT_TRUE(load.served(20));
  auto const seen = load.finish();
  expect_none_failed(seen);
  EXPECT_EQ(seen.bodies.size(), 1u);
}

TEST_F(front_port, serves_who_connects_before_the_first_release_is_up) {
  auto const name = fresh("first");
  server().create(name, config("late"));
  ASSERT_EQ(server().post("/deployments/" + name + "/run").status, 202);
  std::optional<wire> early;
  ASSERT_TRUE(eventually([&] {
    try {
      early.emplace(endpoint::tcp(port_));
      return true;
    } catch (std::exception const&) {
      return false;
    }
  })) << "the port is not opened";
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/status"), "deploying");
  EXPECT_EQ(ask_on(*early), "late\n");
  ASSERT_EQ(server().settled(name).at("/data/status"), "running");
  EXPECT_NE(newest_run(name).at("/data/traffic/held"), "0") << newest_run(name).body;
}

TEST_F(front_port, waits_for_a_container_that_was_killed) {
  auto const name = serving("killed");
  auto const container = container_of(name);
  auto const started = state_of(container, "StartedAt");
  ASSERT_EQ(engine().call("POST", "/containers/" + container + "/kill").status, 204);
  ASSERT_TRUE(eventually(
      [&] { return state_of(container, "Running") == "false" || state_of(container, "StartedAt") != started; }));
  clients load(port_, {.new_each_time = 3, .kept_alive = 0});
  ASSERT_TRUE(load.served(20, "web 1\n"));
  expect_none_failed(load.finish());
  EXPECT_NE(state_of(container, "StartedAt"), started) << "it is started again, not made anew";
  EXPECT_EQ(container_of(name), container);
}

TEST_F(front_port, is_open_again_after_kill_9_of_haproxy) {
  auto const name = serving("haproxy");
  auto const container = container_of(name);
  auto const killed = server().front_master();
  ASSERT_GT(killed, 0);
  ASSERT_EQ(::kill(killed, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return server().front_master() != 0 && server().front_master() != killed; }));
  EXPECT_TRUE(comes_to_serve("web 1\n")) << body_served();
  EXPECT_EQ(container_of(name), container);
  run_well(name, "2");
  EXPECT_EQ(body_served(), "web 2\n");
}

TEST_F(front_port, serves_on_while_no_server_runs) {
  auto const name = serving("server", "keep");
  clients load(port_, {.new_each_time = 2, .kept_alive = 3});
  ASSERT_TRUE(load.served(20));
  server().kill();
  EXPECT_TRUE(load.served(50)) << load.so_far().first_failure;
  server().start();
  EXPECT_TRUE(load.served(50)) << load.so_far().first_failure;
  run_well(name, "2");
  EXPECT_TRUE(load.served(20, "web 2\n")) << load.so_far().first_failure;
  expect_none_failed(load.finish());
}

TEST_F(front_port, belongs_to_one_deployment) {
  auto const name = serving("owner");
  auto const other = fresh("other");
  auto const wish = R"({"data":{"name":")" + other + R"(","config":{)" + config("web", R"(,"tag":"2")") + "}}}";
  auto const refused = server().post("/deployments", wish);
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_EQ(refused.reason(), "host_port_taken");
  EXPECT_THAT(refused.error(), HasSubstr(name));

  // To be given up at the next run, and until then its own.
  server().create(name, R"("image":"krane-test/web","container_port":"8080")");
  server().create(other, config("web", R"(,"tag":"2")"));
  auto const got = server().post("/deployments/" + other + "/run");
  EXPECT_EQ(got.status, 409) << got.body;
  EXPECT_EQ(got.reason(), "port_in_use") << got.body;
  EXPECT_THAT(got.error(), HasSubstr(name));
  EXPECT_EQ(server().get("/deployments/" + other).at("/data/status"), "idle");
  EXPECT_EQ(body_served(), "web 1\n");

  run_well(name, "1");
  run_well(other, "2");
  EXPECT_EQ(body_served(), "web 2\n") << "the release without the port has let it go";
}

TEST_F(front_port, is_shown_as_one_that_the_engine_publishes) {
  auto const name = serving("shown");
  auto const now = server().get("/deployments/" + name);
  std::vector<std::string> shown;
  for (auto const& one : now.json().at_pointer("/data/containers/0/Ports").as_array())
    shown.push_back(text_at(one, "/IP") + ' ' + text_at(one, "/PrivatePort") + ' ' + text_at(one, "/PublicPort") + ' ' +
                    text_at(one, "/Type"));
  auto const on = [&](std::string const& address) { return address + " 8080 " + std::to_string(port_) + " tcp"; };
  // The second where the machine has IPv6.
  EXPECT_THAT(shown, testing::AnyOf(testing::ElementsAre(on("0.0.0.0")), testing::ElementsAre(on("0.0.0.0"), on("::"))))
      << now.body;
  EXPECT_EQ(exchange(server().where(), "GET", "/readyz").at("/data/front"), "ok");
}

TEST_F(front_port, is_the_engines_where_it_is_told_to_publish) {
  auto const name = serving("engine", "web", R"(,"publish":"engine")");
  auto const bound = [&] {
    return text_at(engine().inspect(container_of(name)), "/NetworkSettings/Ports/8080~1tcp/0/HostPort");
  };
  EXPECT_EQ(bound(), std::to_string(port_));
  EXPECT_EQ(server().front_master(), 0) << "there is nothing to hold";
  run_well(name, "2");
  EXPECT_EQ(body_served(), "web 2\n");
  EXPECT_EQ(bound(), std::to_string(port_));
  EXPECT_EQ(newest_run(name).at("/data/traffic"), "(missing)");

  server().create(name, config("web", R"(,"publish":"front")"));
  run_well(name, "1");
  EXPECT_EQ(body_served(), "web 1\n");
  EXPECT_NE(server().front_master(), 0);
  EXPECT_NE(bound(), std::to_string(port_));
}

}  // namespace
}  // namespace krane::e2e
