// GET /deployments/:name/releases, one of them, and POST /deployments/:name/rollback.
#include <boost/json/object.hpp>

#include "api_world.hpp"

namespace krane {
namespace {

class releases : public test::api_test {
protected:
  // Stores it with that tag and hold, and brings it up.
  run release(std::string tag, std::string hold = "5s", std::string host_port = "") {
    auto const put = ask("POST", "/deployments",
                         R"({"name":"app","config":{"image":"krane-test/web","container_port":"8080","tag":")" + tag +
                             R"(","hold":")" + hold + R"(","host_port":")" + host_port + R"("}})");
    EXPECT_LE(put.status, 201) << put.text;
    return deploy("app");
  }
  boost::json::value config() { return ask("GET", "/deployments/app").data().at("template").at("config"); }
  run end_of(test::api_answer const& accepted) {
    EXPECT_EQ(accepted.status, 202) << accepted.text;
    run_id const id{std::string(accepted.data().at("run").at("id").as_string())};
    auto const ended = test::run_coroutine(loop, service->wait_for_end(id, std::chrono::seconds{20}));
    EXPECT_TRUE(ended && is_end(ended->step));
    return ended.value_or(run{});
  }
};

TEST_F(releases, are_listed_newest_first_with_what_became_of_them) {
  release("latest");
  release("v2");
  release("crash");
  auto const all = ask("GET", "/deployments/app/releases").data().as_array();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].at("number"), 3);
  EXPECT_EQ(all[0].at("state"), "failed");
  EXPECT_EQ(all[1].at("state"), "serving");
  EXPECT_EQ(all[2].at("state"), "served");
  EXPECT_EQ(ask("GET", "/deployments/app/releases?limit=1").data().as_array().size(), 1u);
  for (auto const* const limit : {"0", "1001", "x"})
    EXPECT_EQ(ask("GET", std::string("/deployments/app/releases?limit=") + limit).status, 422);
  EXPECT_EQ(ask("GET", "/deployments/none/releases").status, 404);
}

TEST_F(releases, are_shown_whole) {
  run const made = release("v2");
  auto const one = ask("GET", "/deployments/app/releases/1").data();
  EXPECT_EQ(one.at("number"), 1);
  EXPECT_EQ(one.at("image"), "docker.io/krane-test/web:v2");
  EXPECT_EQ(one.at("image_id").as_string(), made.image->str());
  EXPECT_EQ(one.at("digest").as_string(), made.repo_digest.value_or("none"));
  EXPECT_EQ(one.at("config").at("tag"), "v2");
  EXPECT_EQ(one.at("config").at("hold"), "5s");
  EXPECT_EQ(one.at("created_at"), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(one.at("run").at("id").as_string(), made.id.str());
  EXPECT_TRUE(one.at("secrets").as_object().empty());
  EXPECT_FALSE(one.as_object().contains("restores"));
}

TEST_F(releases, keep_the_tag_that_one_run_was_given) {
  create("app");
  end_of(ask("POST", "/deployments/app/run?tag=v2"));
  EXPECT_EQ(ask("GET", "/deployments/app/releases/1").data().at("config").at("tag"), "v2");
  EXPECT_EQ(config().at("tag"), "latest");
}

TEST_F(releases, are_known_by_their_number_only) {
  run const made = release("v2");
  for (std::string const& wrong : {std::string("2"), std::string("0"), std::string("x"), made.id.str()}) {
    auto const answer = ask("GET", "/deployments/app/releases/" + wrong);
    EXPECT_EQ(answer.status, 404) << wrong;
  }
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/releases/1").status, 401);
}

TEST_F(releases, are_gone_back_to_whole) {
  run const first = release("latest", "5s");
  release("v2", "7s");
  auto const accepted = ask("POST", "/deployments/app/rollback");
  run const back = end_of(accepted);
  EXPECT_EQ(accepted.data().at("run").at("restores"), 1);
  EXPECT_EQ(accepted.header("Location"), "/deployments/app/runs/" + back.id.str());
  EXPECT_EQ(back.step, run_step::done) << (back.why_failed ? back.why_failed->message : "");
  EXPECT_EQ(back.image, first.image);
  EXPECT_EQ(config().at("tag"), "latest");
  EXPECT_EQ(config().at("hold"), "5s");
  auto const shown = ask("GET", "/deployments/app/releases/3").data();
  EXPECT_EQ(shown.at("state"), "serving");
  EXPECT_EQ(shown.at("restores"), 1);
}

TEST_F(releases, are_gone_back_to_by_number) {
  release("latest");
  release("v2");
  release("latest", "9s");
  for (auto const* const body : {R"({"release":1})", R"({"data":{"release":2}})"}) {
    run const back = end_of(ask("POST", "/deployments/app/rollback", body));
    EXPECT_EQ(back.step, run_step::done);
  }
  EXPECT_EQ(config().at("tag"), "v2");
}

TEST_F(releases, that_cannot_be_gone_back_to_are_refused_with_the_reason) {
  create("app");
  EXPECT_EQ(ask("POST", "/deployments/app/rollback").reason(), "nothing_to_roll_back_to");
  release("latest");
  EXPECT_EQ(ask("POST", "/deployments/app/rollback").reason(), "nothing_to_roll_back_to");
  release("crash");
  auto const failed = ask("POST", "/deployments/app/rollback", R"({"release":2})");
  EXPECT_EQ(failed.status, 409);
  EXPECT_EQ(failed.reason(), "release_not_good");
  EXPECT_EQ(ask("POST", "/deployments/app/rollback", R"({"release":9})").status, 404);
  EXPECT_EQ(ask("POST", "/deployments/none/rollback").status, 404);
  EXPECT_EQ(ask("POST", "/deployments/app/rollback", R"({"Release":1})").status, 422);
  EXPECT_EQ(ask("POST", "/deployments/app/rollback", R"({"release":"1"})").status, 422);
  EXPECT_EQ(ask("POST", "/deployments/app/rollback", "nonsense").status, 400);
  EXPECT_EQ(config().at("tag"), "crash") << "a refusal changes nothing";
}

TEST_F(releases, whose_host_port_is_anothers_by_now_are_refused_naming_it) {
  release("latest", "5s", "29617");
  release("v2", "5s", "");
  auto const other = ask("POST", "/deployments",
                         R"({"name":"other","config":{"image":"krane-test/web","container_port":"8080",)"
                         R"("host_port":"29617"}})");
  ASSERT_EQ(other.status, 201) << other.text;
  auto const refused = ask("POST", "/deployments/app/rollback");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.reason(), "host_port_taken");
  EXPECT_NE(refused.error().find("other"), std::string::npos) << refused.error();
  EXPECT_EQ(config().at("tag"), "v2");
}

TEST_F(releases, are_stopped_started_and_restarted_as_runs) {
  EXPECT_EQ(ask("POST", "/deployments/app/stop").status, 404);
  create("app");
  EXPECT_EQ(ask("POST", "/deployments/app/start").reason(), "nothing_serves");
  release("latest");
  for (auto const& [what, status] :
       {std::pair("stop", "stopped"), std::pair("start", "running"), std::pair("restart", "running")}) {
    auto const accepted = ask("POST", std::string("/deployments/app/") + what);
    EXPECT_EQ(accepted.data().at("run").at("kind"), what);
    EXPECT_EQ(end_of(accepted).step, run_step::done) << what;
    EXPECT_EQ(ask("GET", "/deployments/app").data().at("status"), status);
  }
  EXPECT_EQ(ask("POST", "/deployments/app/stop", R"({"now":true})").status, 422);
  EXPECT_EQ(ask("GET", "/deployments/app/releases").data().as_array().size(), 1u);
  EXPECT_EQ(ask("GET", "/deployments/app/releases/2").status, 404) << "a stop is no release";
}

}  // namespace
}  // namespace krane
