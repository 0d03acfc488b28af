// Secrets from the request to the container, and that nothing else gives them away.
#include <gmock/gmock.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "model/reason.hpp"
#include "unit/api/api_world.hpp"

namespace krane::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char sentinel[] = "sentinel-a7f3";

class secrets_api_test : public api_test {
protected:
  api_answer set(std::string key, std::string value, std::string name = "web") {
    return ask("PUT", "/deployments/" + name + "/secrets/" + key,
               boost::json::serialize(boost::json::object{{"value", value}}));
  }
  // With an environment and a file from the secret "db".
  api_answer post(std::string tag = "latest", std::string config = R"("environment":{"PW":"@db","MODE":"fast"},)"
                                                                   R"("secrets":[{"source":"db","target":"db.txt"}])") {
    return ask("POST", "/deployments",
               R"({"name":"web","config":{"image":"krane-test/web","tag":")" + tag + R"(","container_port":"8080",)" +
                   config + "}}");
  }
  std::string told() {
    std::string all = ask("GET", "/deployments").text + ask("GET", "/deployments/web").text +
                      ask("GET", "/deployments/web/runs").text + ask("GET", "/deployments/web/events").text +
                      ask("GET", "/deployments/web/secrets").text;
    return all;
  }
};

TEST_F(secrets_api_test, are_set_listed_and_taken_away_without_ever_being_shown) {
  auto const made = set("db", sentinel);
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.data(), (boost::json::value{{"key", "db"}, {"version", 1}, {"updated_at", to_rfc3339(time.now())}}));
  EXPECT_EQ(set("db", sentinel).data().at("version"), 1);
  auto const next = set("db", "another-value");
  EXPECT_EQ(next.status, 200);
  EXPECT_EQ(next.data().at("version"), 2);
  auto const all = ask("GET", "/deployments/web/secrets");
  EXPECT_EQ(all.data(), (boost::json::array{{{"key", "db"},
                                             {"version", 2},
                                             {"created_at", to_rfc3339(time.now())},
                                             {"updated_at", to_rfc3339(time.now())},
                                             {"used_by_serving", false}}}));
  EXPECT_EQ(ask("DELETE", "/deployments/web/secrets/db").status, 200);
  EXPECT_EQ(ask("DELETE", "/deployments/web/secrets/db").status, 404);
  EXPECT_EQ(ask("GET", "/deployments/web/secrets").data(), boost::json::array{});
}

TEST_F(secrets_api_test, take_a_token) {
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/web/secrets").status, 401);
  EXPECT_EQ(ask_as_stranger("PUT", "/deployments/web/secrets/db", R"({"value":"x"})").status, 401);
  EXPECT_EQ(ask_as_stranger("DELETE", "/deployments/web/secrets/db").status, 401);
}

TEST_F(secrets_api_test, a_wrong_key_name_or_value_is_named_and_not_quoted) {
  EXPECT_EQ(set("1db", sentinel).status, 422);
  EXPECT_EQ(set("db", sentinel, "Not-A-Name").status, 422);
  EXPECT_THAT(set("db", "").details(), testing::ElementsAre(HasSubstr("value: is empty")));
  EXPECT_THAT(set("db", std::string("a\0b", 3)).details(), testing::ElementsAre(HasSubstr("NUL")));
  EXPECT_EQ(set("db", std::string(64 * 1024 + 1, 'x')).status, 422);
  EXPECT_EQ(set("db", std::string(64 * 1024, 'x')).status, 201);
  auto const number = ask("PUT", "/deployments/web/secrets/db", R"({"value":73612})");
  EXPECT_EQ(number.status, 422);
  EXPECT_THAT(number.text, Not(HasSubstr("73612")));
}

TEST_F(secrets_api_test, a_deployment_that_asks_for_one_that_is_not_there_is_refused_with_the_command_that_sets_it) {
  auto const refused = post();
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.details(),
              testing::ElementsAre(AllOf(HasSubstr("config.environment.PW"), HasSubstr("krane secrets set web db")),
                                   HasSubstr("config.secrets[0]")));
  set("db", sentinel);
  EXPECT_EQ(post().status, 201);
}

TEST_F(secrets_api_test, a_run_is_refused_before_it_is_queued_when_one_is_not_there) {
  // As in a store that was put back from before the secret was set.
  spec wanted{.name = deployment_name{"web"},
              .registry = "docker.io",
              .image = "krane-test/web",
              .tag = {},
              .digest = {},
              .container_port = {},
              .host_port = {}};
  wanted.service.environment["PW"] = {.text = "db", .is_secret = true};
  ASSERT_TRUE(run_coroutine(loop, state->deployments().put(std::move(wanted), false, time.now())));
  auto const refused = ask("POST", "/deployments/web/run");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.reason(), reason::secret_missing);
  EXPECT_THAT(refused.error(), HasSubstr("krane secrets set web db"));
  EXPECT_EQ(ask("GET", "/deployments/web/runs").data(), boost::json::array{});
}

TEST_F(secrets_api_test, the_container_has_the_value_in_its_environment_and_as_a_file) {
  set("db", sentinel);
  post();
  auto const r = deploy("web");
  EXPECT_EQ(r.step, run_step::done);
  EXPECT_EQ(r.secret_versions, (std::map<std::string, std::uint64_t>{{"db", 1}}));
  auto const box = world.container(container_of(r));
  ASSERT_TRUE(box);
  EXPECT_EQ(box->environment, (std::map<std::string, std::string>{{"PW", sentinel}, {"MODE", "fast"}}));
  EXPECT_EQ(box->files, (std::map<std::string, std::string>{{"/run/secrets/db.txt", sentinel}}));
  EXPECT_EQ(ask("GET", "/deployments/web/secrets").data().at(0).at("used_by_serving"), true);
  EXPECT_THAT(told(), Not(HasSubstr(sentinel)));
}

TEST_F(secrets_api_test, a_release_that_is_brought_back_has_the_versions_it_had) {
  set("db", sentinel);
  post();
  auto const r = deploy("web");
  EXPECT_EQ(set("db", "another-value").data().at("version"), 2);
  world.remove_container(*r.container());
  ASSERT_TRUE(becomes([&] {
    auto const box = world.container(r.container_name());
    return box && box->id != *r.container() && box->status == "running";
  }));
  auto const box = world.container(r.container_name());
  EXPECT_EQ(box->environment.at("PW"), sentinel);
  EXPECT_EQ(box->files.at("/run/secrets/db.txt"), sentinel);
  EXPECT_EQ(deploy("web").secret_versions.at("db"), 2u);
}

TEST_F(secrets_api_test, one_in_use_is_not_taken_away) {
  set("db", sentinel);
  post();
  auto const asked_for = ask("DELETE", "/deployments/web/secrets/db");
  EXPECT_EQ(asked_for.status, 409);
  EXPECT_EQ(asked_for.reason(), reason::secret_in_use);
  deploy("web");
  post("latest", R"("environment":{})");
  EXPECT_EQ(ask("DELETE", "/deployments/web/secrets/db").status, 409) << "the serving release was given it";
  deploy("web");
  EXPECT_EQ(ask("DELETE", "/deployments/web/secrets/db").status, 200);
}

TEST_F(secrets_api_test, files_that_cannot_be_put_fail_the_run_and_leave_no_container) {
  set("db", sentinel);
  post();
  for (int i = 0; i < 3; ++i) world.fail_next(route::put_files, 500, "no room for " + std::string(sentinel));
  auto const r = deploy("web");
  EXPECT_EQ(r.step, run_step::failed);
  EXPECT_TRUE(world.containers().empty());
  EXPECT_THAT(told(), AllOf(HasSubstr("no room for ***"), Not(HasSubstr(sentinel))));
}

TEST_F(secrets_api_test, what_a_failing_container_prints_of_them_is_hidden_wherever_it_is_told) {
  world.registry_has("docker.io/krane-test/web:leaks", {.exits = 1, .prints = {"PW=" + std::string(sentinel), "bye"}});
  set("db", sentinel);
  post("leaks");
  auto const r = deploy("web");
  ASSERT_TRUE(r.why_failed);
  EXPECT_THAT(r.why_failed->output, testing::ElementsAre("PW=***", "bye"));
  EXPECT_THAT(told(), Not(HasSubstr(sentinel)));
}

TEST_F(secrets_api_test, output_that_is_followed_shows_no_value) {
  world.registry_has("docker.io/krane-test/web:prints", {.listens = {8080}, .prints = {"PW=" + std::string(sentinel)}});
  set("db", sentinel);
  post("prints");
  auto const r = deploy("web");
  auto reply = reply_to(make_request("GET", "/containers/" + container_of(r) + "/events?follow=false", "",
                                     {{"Authorization", "Bearer " + token}}));
  auto const stream = std::get_if<http::stream_response>(&reply);
  ASSERT_NE(stream, nullptr);
  memory_writer writer(loop.get_executor());
  run_coroutine(loop, stream->produce(writer));
  EXPECT_THAT(writer.text, AllOf(HasSubstr("PW=***"), Not(HasSubstr(sentinel))));
}

TEST_F(secrets_api_test, an_error_that_quotes_one_does_not_show_it) {
  std::string const target = "/deployments/" + std::string(sentinel);
  EXPECT_THAT(ask("GET", target).error(), HasSubstr(sentinel));
  set("db", sentinel);
  EXPECT_THAT(ask("GET", target).error(), AllOf(HasSubstr("***"), Not(HasSubstr(sentinel))));
}

TEST_F(secrets_api_test, go_with_their_deployment) {
  set("db", sentinel);
  post();
  deploy("web");
  EXPECT_EQ(ask("DELETE", "/deployments/web").status, 200);
  EXPECT_EQ(ask("GET", "/deployments/web/secrets").data(), boost::json::array{});
  EXPECT_FALSE(hides.hides_anything());
}

}  // namespace
}  // namespace krane::test
