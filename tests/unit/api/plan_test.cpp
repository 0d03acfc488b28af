// A plan over the API, and runs that are accepted only while what was planned for still serves.
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "support/tagged_server.hpp"
#include "unit/api/api_world.hpp"

namespace krane::test {
namespace {

using boost::json::value;
using testing::HasSubstr;
using strings = std::vector<std::string>;

class plan_api : public api_test {
protected:
  // Its problems' reasons; "maybe" before one that fails nothing.
  static strings problems(value const& plan) {
    strings out;
    for (value const& one : plan.at("problems").as_array())
      out.push_back((one.at("fails").as_bool() ? "" : "maybe ") + std::string(one.at("reason").as_string()));
    return out;
  }
  // "key: old -> new"
  static strings changes(value const& plan) {
    strings out;
    auto const text = [](value const& one, char const* member) {
      auto const* const found = one.as_object().if_contains(member);
      return found == nullptr ? std::string("none") : boost::json::serialize(*found);
    };
    for (value const& one : plan.at("config").as_array())
      out.push_back(std::string(one.at("key").as_string()) + ": " + text(one, "before") + " -> " + text(one, "after"));
    return out;
  }
  value plan(std::string body = "", std::string name = "app") {
    auto const answer = ask("POST", "/deployments/" + name + "/plan", std::move(body));
    EXPECT_EQ(answer.status, 200) << answer.text;
    return answer.data();
  }
};

TEST_F(plan_api, of_what_serves_says_that_nothing_changes_and_what_is_replaced) {
  create("app");
  auto const r = deploy("app");
  auto const said = plan();
  EXPECT_EQ(said.at("deployment"), "app");
  EXPECT_EQ(said.at("creates"), false);
  EXPECT_EQ(said.at("changes"), false);
  EXPECT_EQ(said.at("fails"), false);
  EXPECT_EQ(said.at("release"), 1);
  EXPECT_EQ(changes(said), strings{});
  EXPECT_EQ(said.at("image").at("reference"), "docker.io/krane-test/web:latest");
  EXPECT_EQ(said.at("image").at("id"), said.at("image").at("serving_id"));
  EXPECT_EQ(said.at("image").at("digest"), said.at("image").at("serving_digest"));
  EXPECT_EQ(said.at("image").at("pulled"), false);
  EXPECT_EQ(said.at("containers").at("created"), 1);
  EXPECT_EQ(said.at("containers").at("replaced").at(0).at("id").as_string(), container_of(r));
  EXPECT_EQ(said.at("containers").at("replaced").at(0).at("release"), 1);
  EXPECT_EQ(said.at("gap").at("kind"), "none");
  EXPECT_EQ(said.at("gap").at("order"), "side_by_side");
}

TEST_F(plan_api, takes_a_tag_or_a_whole_config_and_changes_nothing) {
  create("app");
  deploy("app");
  auto const before = ask("GET", "/deployments/app").text;
  EXPECT_EQ(changes(plan(R"({"tag":"v2"})")), (strings{R"(tag: "latest" -> "v2")"}));
  auto const said = plan(R"({"data":{"config":{"image":"krane-test/web","tag":"v2","rollout":"recreate"}}})");
  EXPECT_EQ(changes(said), (strings{R"(tag: "latest" -> "v2")", R"(container_port: "8080" -> none)",
                                    R"(rollout: none -> "recreate")"}));
  EXPECT_EQ(said.at("changes"), true);
  EXPECT_EQ(said.at("image").at("pulled"), true);
  EXPECT_EQ(said.at("gap").at("order"), "stop_first");
  EXPECT_EQ(ask("GET", "/deployments/app").text, before);
  EXPECT_EQ(ask("GET", "/deployments/app/runs").data().as_array().size(), 1u);
}

TEST_F(plan_api, is_made_of_a_deployment_that_is_not_there_if_its_config_is_given) {
  auto const said = plan(R"({"config":{"image":"krane-test/web"}})", "new");
  EXPECT_EQ(said.at("creates"), true);
  EXPECT_EQ(said.at("changes"), true);
  EXPECT_EQ(said.at("release"), 0);
  EXPECT_EQ(ask("GET", "/deployments/new").status, 404);
  EXPECT_EQ(ask("POST", "/deployments/new/plan").status, 404);
  EXPECT_EQ(ask("POST", "/deployments/New/plan", R"({"config":{"image":"krane-test/web"}})").status, 422);
}

TEST_F(plan_api, names_what_the_deploy_would_fail_with) {
  tagged_server const holder("0.0.0.0", 0, "");
  std::string const port = std::to_string(holder.port());
  ask("POST", "/deployments", R"({"name":"other","config":{"image":"a/b","container_port":1,"host_port":9002}})");
  auto said = plan(R"({"config":{"image":"krane-test/web","tag":"none","container_port":8080,"host_port":)" + port +
                       R"(,"privileged":true,"environment":{"A":"@LOST"}}})",
                   "new");
  EXPECT_EQ(said.at("fails"), true);
  EXPECT_EQ(problems(said), (strings{"not_allowed", "secret_missing", "port_in_use", "image_not_found"}));
  EXPECT_EQ(said.at("problems").at(0).at("path"), "config.privileged");
  EXPECT_THAT(std::string(said.at("problems").at(1).at("message").as_string()),
              HasSubstr("krane secrets set new LOST"));
  EXPECT_THAT(std::string(said.at("problems").at(2).at("message").as_string()), HasSubstr("host port " + port));
  EXPECT_EQ(said.at("containers").at("created"), 0);

  said = plan(R"({"config":{"image":"krane-test/web","container_port":8080,"host_port":9002}})", "new");
  EXPECT_EQ(problems(said), (strings{"host_port_taken"}));
  EXPECT_THAT(std::string(said.at("problems").at(0).at("message").as_string()), HasSubstr("deployment other"));
}

TEST_F(plan_api, goes_on_where_the_registry_cannot_be_asked) {
  create("app");
  deploy("app");
  world.registry(registry_does::refuse_connection);
  auto const said = plan();
  EXPECT_EQ(problems(said), (strings{"maybe registry_unreachable"}));
  EXPECT_EQ(said.at("fails"), false);
  EXPECT_EQ(said.at("changes"), false);
}

TEST_F(plan_api, counts_a_stopped_deployment_as_a_change) {
  create("app");
  deploy("app");
  ask("POST", "/deployments/app/stop");
  ASSERT_TRUE(becomes([&] { return ask("GET", "/deployments/app").data().at("status") == "stopped"; }));
  EXPECT_EQ(plan().at("changes"), true);
}

TEST_F(plan_api, refuses_what_is_not_known) {
  create("app");
  EXPECT_EQ(ask("POST", "/deployments/app/plan", R"({"tag":"v2","colour":1})").details(),
            (strings{"colour: is not a known field"}));
  EXPECT_EQ(ask("POST", "/deployments/app/plan", R"({"tag":"a:b"})").status, 422);
  EXPECT_EQ(ask("POST", "/deployments/app/plan", R"({"config":{"image":"a/b","host_prot":1}})").details(),
            (strings{"config.host_prot: is not a known field; was \"host_port\" meant?"}));
  EXPECT_EQ(ask("POST", "/deployments/app/plan?tag=v2").status, 422);
}

TEST_F(plan_api, a_run_for_a_release_that_serves_no_more_is_refused) {
  create("app");
  EXPECT_EQ(ask("POST", "/deployments/app/run?if_release=1").reason(), "release_moved");
  deploy("app");
  deploy("app");
  auto const refused = ask("POST", "/deployments/app/run?if_release=1");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.reason(), "release_moved");
  EXPECT_THAT(refused.error(), HasSubstr("release 2 of app serves now, not release 1"));
  EXPECT_EQ(ask("POST", "/deployments?if_release=1", R"({"name":"app","config":{"image":"a/b"}})").status, 409);
  EXPECT_EQ(ask("GET", "/deployments/app").data().at("template").at("config").at("image"), "krane-test/web");
  EXPECT_EQ(ask("POST", "/deployments/app/run?if_release=x").status, 422);
  EXPECT_EQ(ask("POST", "/deployments/app/run?if_release=2").status, 202);
}

TEST_F(plan_api, needs_the_engine) {
  create("app");
  world.down();
  auto const answer = ask("POST", "/deployments/app/plan");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.reason(), "engine_unavailable");
}

}  // namespace
}  // namespace krane::test
