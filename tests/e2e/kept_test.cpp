// A release that is kept to go back to does no harm meanwhile, and ends as any other.
#include <gtest/gtest.h>

#include <ctime>

#include "e2e/harness/krane.hpp"

namespace krane::e2e {
namespace {

class kept : public on_a_real_engine {
protected:
  // Says so when it is asked to end, and takes its time.
  std::string config(std::string const& tag, std::string const& keep_warm) const {
    return R"("image":"krane-test/web:)" + tag + R"(","container_port":"8080","host_port":")" + std::to_string(port_) +
           R"(","init":false,"stop_grace_period":"20s","command":["sh","-c","trap 'sleep 1; exit 7' TERM; )" +
           R"(httpd -f -p 8080 -h /app/public & while true; do sleep 0.1; done"],"keep_warm":")" + keep_warm + '"';
  }
  std::string bring_up(std::string const& name, std::string const& tag, std::string const& keep_warm) {
    server().create(name, config(tag, keep_warm));
    auto const now = server().run(name);
    EXPECT_EQ(now.at("/data/status"), "running") << now.body << server().last_error(name);
    for (auto const& one : now.json().at_pointer("/data/containers").as_array())
      if (text_at(one, "/State") == "running") return text_at(one, "/Id");
    return {};
  }
  // What it ended with, as the engine told it.
  std::string exit_code(std::string const& container, std::time_t since) const {
    auto const filters = "%7B%22container%22%3A%5B%22" + container + "%22%5D%2C%22event%22%3A%5B%22die%22%5D%7D";
    auto const told = engine_->call("GET", "/events?since=" + std::to_string(since) + "&until=" +
                                               std::to_string(std::time(nullptr) + 1) + "&filters=" + filters);
    auto const at = told.body.find(R"("exitCode":")");
    return at == std::string::npos ? "none" : told.body.substr(at + 12, told.body.find('"', at + 12) - at - 12);
  }
  // Where the deployment's name leads other containers.
  std::vector<std::string> led_to(std::string const& name) {
    return engine().resolve(name, server().get("/deployments/" + name).at("/data/containers/0/HostConfig/NetworkMode"));
  }
  std::vector<std::string> address_of(std::string const& container) {
    auto const its = engine().inspect(container);
    auto const network = text_at(its, "/HostConfig/NetworkMode");
    return {text_at(its, "/NetworkSettings/Networks/" + network + "/IPAddress")};
  }

  std::uint16_t const port_ = free_port();
};

TEST_F(kept, a_release_is_not_reached_by_its_name_nor_started_by_the_engine_until_it_serves_again) {
  auto const name = fresh("shop");
  auto const first = bring_up(name, "1", "5m");
  auto const second = bring_up(name, "2", "5m");
  auto const resting = engine().inspect(first);
  EXPECT_EQ(text_at(resting, "/State/Status"), "paused");
  EXPECT_EQ(text_at(resting, "/HostConfig/RestartPolicy/Name"), "no");
  EXPECT_EQ(led_to(name), address_of(second));

  ASSERT_EQ(server().post("/deployments/" + name + "/rollback").status, 202);
  server().settled(name);
  EXPECT_EQ(exchange(endpoint::tcp(port_), "GET", "/").body, "web 1\n");
  EXPECT_EQ(text_at(engine().inspect(first), "/HostConfig/RestartPolicy/Name"), "unless-stopped");
  EXPECT_EQ(led_to(name), address_of(first));
}

TEST_F(kept, a_release_ends_with_its_own_grace_when_its_time_is_over) {
  auto const name = fresh("shop");
  auto const began = std::time(nullptr);
  auto const first = bring_up(name, "1", "1s");
  bring_up(name, "2", "1s");
  ASSERT_TRUE(eventually([&] {
    server().kill();
    server().start();  // which looks at once
    return !engine().exists(first) || text_at(engine().inspect(first), "/State/Status") != "paused";
  }));
  EXPECT_TRUE(eventually([&] { return !engine().exists(first); }));
  EXPECT_EQ(exit_code(first, began), "7") << "its own end, and not 137";
  EXPECT_EQ(exchange(endpoint::tcp(port_), "GET", "/").body, "web 2\n");
}

TEST_F(kept, nothing_is_kept_unless_it_is_asked_for) {
  server_.reset();
  server_options as_it_comes;
  as_it_comes.environment = {{"KRANE_KEEP_WARM", ""}};
  server_ = std::make_unique<krane_server>(as_it_comes);
  auto const name = fresh("shop");
  auto const began = std::time(nullptr);
  server().create(name,
                  R"("image":"krane-test/web:1","container_port":"8080","host_port":")" + std::to_string(port_) + '"');
  auto const first = server().run(name).at("/data/containers/0/Id");
  auto const now = server().run(name, "?tag=2");
  EXPECT_EQ(now.json().at_pointer("/data/containers").as_array().size(), 1u) << now.body;
  EXPECT_FALSE(engine().exists(first));
  EXPECT_NE(exit_code(first, began), "137");
}

}  // namespace
}  // namespace krane::e2e
