// Releases and going back to one: what clients of the port see, what becomes of the config, and where the image comes
// from when it is gone here, or gone there.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "e2e/harness/clients.hpp"
#include "e2e/harness/krane.hpp"
#include "e2e/harness/person.hpp"

namespace krane::e2e {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char manifest_type[] = "application/vnd.docker.distribution.manifest.v2+json";

class release : public on_a_real_engine {
protected:
  void SetUp() override {
    on_a_real_engine::SetUp();
    if (!server_) return;
    ada.sets("KRANE_ENDPOINT", server().url());
    ada.sets("KRANE_TOKEN", server().token());
  }

  // `image` with its tag; brought up, with that hold.
  void bring_up(std::string const& name, std::string const& image, std::string const& hold) {
    server().create(name, R"("image":")" + image + R"(","container_port":"8080","host_port":")" +
                              std::to_string(port_) + R"(","hold":")" + hold + '"');
    server().run(name);
    ASSERT_EQ(newest(name, "/state"), "serving") << server().last_error(name);
  }
  std::string newest(std::string const& name, std::string const& what) {
    return server().get("/deployments/" + name + "/releases?limit=1").at("/data/0" + what);
  }
  std::string stored(std::string const& name, std::string const& what) {
    return server().get("/deployments/" + name).at("/data/template/config/" + what);
  }
  std::string served() const { return exchange(endpoint::tcp(port_), "GET", "/").body; }
  void go_back(std::string const& name, std::string const& body = {}) {
    auto const accepted = server().post("/deployments/" + name + "/rollback", body);
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    server().settled(name);
  }

  // krane-test/keep:1 and :2 under a name of this test's own in the registry.
  std::string own_repository() {
    auto const repository = "krane-test/" + fresh("own");
    for (std::string const tag : {"1", "2"}) {
      auto const manifest =
          exchange(registry(), "GET", "/v2/krane-test/keep/manifests/" + tag, {{"Accept", manifest_type}});
      EXPECT_EQ(manifest.status, 200) << manifest.body;
      auto const parts = manifest.json();
      std::vector<std::string> blobs{text_at(parts, "/config/digest")};
      for (auto const& layer : parts.at("layers").as_array()) blobs.push_back(text_at(layer, "/digest"));
      for (std::string const& blob : blobs) {
        auto const target = "/v2/" + repository + "/blobs/uploads/?mount=" + blob + "&from=krane-test/keep";
        EXPECT_EQ(exchange(registry(), "POST", target, {{"Content-Length", "0"}}).status, 201);
      }
      auto const put = exchange(registry(), "PUT", "/v2/" + repository + "/manifests/" + tag,
                                {{"Content-Type", manifest_type}}, manifest.body);
      EXPECT_EQ(put.status, 201) << put.body;
    }
    return repository;
  }
  // The config too: an engine may remember the manifest.
  void remove_from_registry(std::string const& repository, std::string const& digest) {
    auto const manifest =
        exchange(registry(), "GET", "/v2/" + repository + "/manifests/" + digest, {{"Accept", manifest_type}});
    auto const config = text_at(manifest.json(), "/config/digest");
    EXPECT_EQ(exchange(registry(), "DELETE", "/v2/" + repository + "/blobs/" + config).status, 202);
    EXPECT_EQ(exchange(registry(), "DELETE", "/v2/" + repository + "/manifests/" + digest).status, 202);
  }
  void remove_from_engine(std::string const& image_id) {
    auto const gone = engine().call("DELETE", "/images/" + image_id + "?force=true");
    EXPECT_EQ(gone.status, 200) << gone.body;
    EXPECT_FALSE(engine().has_image(image_id));
  }

  std::uint16_t const port_ = free_port();
  // Known only where there is a real engine.
  endpoint registry() const { return endpoint::parse("tcp://" + docker::registry()); }
  person ada;
};

TEST_F(release, is_gone_back_to_under_load_with_its_config) {
  auto const name = fresh("back");
  bring_up(name, "krane-test/keep:1", "5s");
  bring_up(name, "krane-test/keep:2", "7s");
  clients load(port_, {.new_each_time = 3, .kept_alive = 6});
  ASSERT_TRUE(load.served(30, "web 2\n"));
  go_back(name);
  ASSERT_TRUE(load.served(30, "web 1\n")) << load.so_far().first_failure;
  auto const seen = load.finish();
  EXPECT_EQ(seen.failed(), 0u) << seen.first_failure;
  EXPECT_EQ(stored(name, "tag"), "1");
  EXPECT_EQ(stored(name, "hold"), "5s");
  EXPECT_EQ(newest(name, "/state"), "serving");
  EXPECT_EQ(newest(name, "/restores"), "1");
  EXPECT_EQ(newest(name, "/run/traffic/refused"), "0");
  EXPECT_THAT(newest(name, "/digest"), StartsWith("sha256:"));
  EXPECT_EQ(engine().named_like_ours(name).size(), 1u);

  go_back(name);
  EXPECT_EQ(served(), "web 2\n") << "what was gone back from is the one before";
  EXPECT_EQ(stored(name, "hold"), "7s");
}

TEST_F(release, is_gone_back_to_when_the_registry_lost_it_and_when_the_engine_lost_it) {
  auto const repository = own_repository();
  auto const name = fresh("lost");
  bring_up(name, repository + ":1", "5s");
  auto const digest = newest(name, "/digest");
  auto const image = newest(name, "/image_id");
  bring_up(name, repository + ":2", "5s");

  remove_from_engine(image);
  go_back(name);
  EXPECT_EQ(newest(name, "/state"), "serving") << server().last_error(name);
  EXPECT_EQ(newest(name, "/image_id"), image);
  EXPECT_EQ(served(), "web 1\n") << "pulled again, by its digest";

  go_back(name);
  ASSERT_EQ(served(), "web 2\n");
  remove_from_registry(repository, digest);
  go_back(name, R"({"release":1})");
  EXPECT_EQ(served(), "web 1\n") << "no registry is needed for what is here";

  go_back(name);
  ASSERT_EQ(served(), "web 2\n");
  remove_from_engine(image);
  go_back(name, R"({"release":1})");
  EXPECT_EQ(newest(name, "/state"), "failed");
  EXPECT_THAT(newest(name, "/run/failure/message"), HasSubstr("is not on the engine any more"));
  EXPECT_EQ(served(), "web 2\n") << "what served serves on";
}

TEST_F(release, is_gone_back_to_shown_and_compared_by_a_person) {
  auto const name = fresh("person");
  bring_up(name, "krane-test/web:1", "5s");
  bring_up(name, "krane-test/web:2", "7s");

  auto const same = ada.types({"diff", name});
  EXPECT_EQ(same.status, 0) << same.all();
  EXPECT_EQ(same.out, "");
  auto const differs = ada.types({"diff", name, "@1", "2"});
  EXPECT_EQ(differs.status, 1) << differs.all();
  EXPECT_THAT(differs.out, HasSubstr("- tag: \"1\"\n+ tag: \"2\"\n"));
  EXPECT_THAT(differs.out, HasSubstr("- hold: \"5s\"\n+ hold: \"7s\"\n"));
  EXPECT_THAT(differs.out, StartsWith("--- " + name + "@1 (served)\n+++ " + name + "@2 (serving)\n"));
  EXPECT_EQ(ada.types({"diff", name, "9"}).status, 3);

  auto const back = ada.types({"rollback", name});
  EXPECT_EQ(back.status, 0) << back.all();
  EXPECT_THAT(back.out, ContainsRegex("^" + name + " runs docker.io/krane-test/web:1 on port " + std::to_string(port_) +
                                      " \\(run 3, back to release 1, [0-9.]+ s\\)\n$"));
  EXPECT_EQ(served(), "web 1\n");

  auto const file = ada.types({"show", name + "@2"});
  EXPECT_EQ(file.status, 0) << file.all();
  EXPECT_THAT(file.out, HasSubstr("hold: \"7s\""));
  write_file(ada.file("krane.yaml"), file.out);
  EXPECT_EQ(ada.types({"validate"}).status, 0) << "it is a file that can be deployed";
  EXPECT_EQ(text_at(boost::json::parse(ada.types({"show", name, "-o", "json"}).out), "/config/hold"), "5s");
  EXPECT_EQ(ada.types({"show", name + "@9"}).status, 3);

  auto const forth = ada.types({"rollback", name, "@2", "-d"});
  EXPECT_EQ(forth.status, 0) << forth.all();
  server().settled(name);
  EXPECT_EQ(served(), "web 2\n");
  EXPECT_EQ(ada.types({"rollback", name, "@99"}).status, 3);
  EXPECT_EQ(ada.types({"rollback", name, "x"}).status, 2);
}

TEST_F(release, is_stopped_and_stays_so_until_it_is_started) {
  auto const name = fresh("stop");
  bring_up(name, "krane-test/web:1", "5s");
  auto const container = engine().named_like_ours(name).at(0);
  auto const stopped = ada.types({"stop", name});
  EXPECT_EQ(stopped.status, 0) << stopped.all();
  EXPECT_THAT(stopped.out, ContainsRegex("^" + name + " is stopped \\(run 2, [0-9.]+ s\\)\n$"));
  EXPECT_EQ(text_at(engine().inspect(container), "/State/Status"), "exited");
  EXPECT_THROW(served(), std::exception) << "the port is closed";

  ASSERT_EQ(server().stop(), 0);
  server().start();
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/status"), "stopped");
  EXPECT_EQ(text_at(engine().inspect(container), "/State/Status"), "exited");
  EXPECT_THROW(served(), std::exception);

  auto const started = ada.types({"start", name});
  EXPECT_EQ(started.status, 0) << started.all();
  EXPECT_THAT(started.out, ContainsRegex("^" + name + " runs docker.io/krane-test/web:1 on port "));
  EXPECT_EQ(engine().named_like_ours(name), std::vector{container}) << "the same container";
  EXPECT_EQ(served(), "web 1\n");
}

TEST_F(release, is_restarted_while_connections_wait) {
  auto const name = fresh("restart");
  bring_up(name, "krane-test/web:1", "10s");
  auto const container = engine().named_like_ours(name).at(0);
  auto const since = text_at(engine().inspect(container), "/State/StartedAt");
  clients load(port_, {.new_each_time = 3, .kept_alive = 0});
  ASSERT_TRUE(load.served(20));
  auto const said = ada.types({"restart", name});
  EXPECT_EQ(said.status, 0) << said.all();
  ASSERT_TRUE(load.served(20)) << load.so_far().first_failure;
  auto const seen = load.finish();
  EXPECT_EQ(seen.refused, 0u) << seen.first_failure;
  EXPECT_LE(seen.cut, 3u) << "only what was under way when it was stopped: " << seen.first_failure;
  EXPECT_EQ(engine().named_like_ours(name), std::vector{container});
  EXPECT_NE(text_at(engine().inspect(container), "/State/StartedAt"), since);
}

TEST_F(release, that_is_stopped_is_replaced_by_a_deploy_and_left_stopped_by_one_that_fails) {
  auto const name = fresh("deployed");
  bring_up(name, "krane-test/web:1", "5s");
  ASSERT_EQ(server().post("/deployments/" + name + "/stop").status, 202);
  server().settled(name);
  server().run(name, "?tag=nope");
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/status"), "stopped");
  EXPECT_THROW(served(), std::exception);
  server().run(name, "?tag=2");
  EXPECT_EQ(server().get("/deployments/" + name).at("/data/status"), "running");
  EXPECT_EQ(served(), "web 2\n");
  EXPECT_EQ(engine().named_like_ours(name).size(), 1u);
}

}  // namespace
}  // namespace krane::e2e
