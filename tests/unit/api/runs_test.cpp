// POST /deployments/:name/run and the runs themselves.
#include <boost/json/object.hpp>

#include "api_world.hpp"

namespace krane {
namespace {

class runs : public test::api_test {
protected:
  using strings = std::vector<std::string>;
};

TEST_F(runs, are_accepted_at_once_even_when_the_engine_is_down) {
  create("app");
  world.down();
  auto const answer = ask("POST", "/deployments/app/run");
  ASSERT_EQ(answer.status, 202) << answer.text;
  auto const run = answer.data().at("run");
  EXPECT_EQ(run.at("number"), 1);
  EXPECT_EQ(run.at("deployment"), "app");
  EXPECT_EQ(run.at("tag"), "latest");
  EXPECT_EQ(run.at("state"), "accepted");
  EXPECT_EQ(run.at("finished"), false);
  EXPECT_EQ(run.at("id").as_string().size(), 8u);
  EXPECT_EQ(answer.header("Location"), "/deployments/app/runs/" + std::string(run.at("id").as_string()));
  auto const shown = ask("GET", answer.header("Location"));
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(shown.data().at("id"), run.at("id"));
}

TEST_F(runs, pull_the_tag_that_was_asked_for) {
  create("app");
  auto const answer = ask("POST", "/deployments/app/run?tag=v2");
  EXPECT_EQ(answer.data().at("run").at("tag"), "v2");
  EXPECT_EQ(answer.data().at("run").at("image"), "docker.io/krane-test/web:v2");
}

TEST_F(runs, take_an_empty_body_in_every_form) {
  create("app");
  for (auto const* const body : {"", "{}", R"({"data":{}})", R"({"data":{} } )"})
    EXPECT_EQ(ask("POST", "/deployments/app/run", body).status, 202) << body;
}

TEST_F(runs, refuse_fields_in_the_body) {
  create("app");
  auto const answer = ask("POST", "/deployments/app/run", R"({"tag":"v2"})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.details(), (strings{"tag: is not a known field"}));
  EXPECT_EQ(ask("POST", "/deployments/app/run", "nonsense").status, 400);
  EXPECT_EQ(ask("POST", "/deployments/app/run", "{}", {{"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(ask("GET", "/deployments/app/runs").data().as_array().size(), 0u);
}

TEST_F(runs, refuse_a_wrong_tag_and_a_parameter_that_was_not_meant) {
  create("app");
  for (auto const* const tag : {"", "-x", "a/b", "a:b"})
    EXPECT_EQ(ask("POST", std::string("/deployments/app/run?tag=") + tag).status, 422) << tag;
  EXPECT_EQ(ask("POST", "/deployments/app/run?Tag=v2").details(),
            (strings{"Tag: is not a known query parameter; was \"tag\" meant?"}));
  EXPECT_EQ(ask("POST", "/deployments/app/run?tag=a&tag=b").details(), (strings{"tag: is given twice"}));
  EXPECT_EQ(ask("POST", "/deployments/none/run").status, 404);
}

TEST_F(runs, are_shown_with_everything_that_became_of_them) {
  create("app");
  auto const ended = deploy("app");
  auto const data = ask("GET", "/deployments/app/runs/" + ended.id.str()).data();
  EXPECT_EQ(data.at("state"), "done");
  EXPECT_EQ(data.at("finished"), true);
  EXPECT_EQ(data.at("image"), "docker.io/krane-test/web:latest");
  EXPECT_EQ(data.at("image_id").as_string(), ended.image->str());
  EXPECT_EQ(data.at("digest").as_string(), ended.repo_digest.value_or("none")) << "that of the manifest";
  EXPECT_EQ(data.at("container").as_string(), container_of(ended));
  EXPECT_EQ(data.at("accepted_at"), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(data.at("finished_at"), "2026-01-02T03:04:05.000000Z");
  EXPECT_FALSE(data.as_object().contains("failure"));
}

TEST_F(runs, that_failed_say_why) {
  create("app", "crash");
  auto const ended = deploy("app");
  auto const data = ask("GET", "/deployments/app/runs/" + ended.id.str()).data();
  EXPECT_EQ(data.at("state"), "failed");
  auto const failure = data.at("failure");
  EXPECT_EQ(failure.at("reason"), "container_exited");
  EXPECT_EQ(failure.at("exit_code"), 3);
  EXPECT_EQ(failure.at("oom_killed"), false);
  EXPECT_EQ(failure.at("output").at(0), "about to fail");
  EXPECT_FALSE(failure.at("message").as_string().empty());
}

TEST_F(runs, are_listed_newest_first) {
  create("app");
  deploy("app");
  deploy("app");
  auto const all = ask("GET", "/deployments/app/runs").data().as_array();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].at("number"), 2);
  EXPECT_EQ(all[1].at("number"), 1);
  EXPECT_EQ(ask("GET", "/deployments/app/runs?limit=1").data().as_array().size(), 1u);
  for (auto const* const limit : {"0", "1001", "x"})
    EXPECT_EQ(ask("GET", std::string("/deployments/app/runs?limit=") + limit).status, 422);
}

TEST_F(runs, are_found_by_number_and_only_in_their_own_deployment) {
  create("app");
  create("other");
  auto const ended = deploy("app");
  EXPECT_EQ(ask("GET", "/deployments/app/runs/1").data().at("id").as_string(), ended.id.str());
  EXPECT_EQ(ask("GET", "/deployments/app/runs/2").status, 404);
  EXPECT_EQ(ask("GET", "/deployments/app/runs/nonsense").status, 404);
  EXPECT_EQ(ask("GET", "/deployments/other/runs/" + ended.id.str()).status, 404);
}

TEST_F(runs, are_cancelled_while_they_are_under_way_and_not_after) {
  create("app");
  world.hang(test::route::create);
  auto const accepted = ask("POST", "/deployments/app/run");
  std::string const path = accepted.header("Location");
  auto const answer = ask("POST", path + "/cancel");
  EXPECT_EQ(answer.status, 202) << answer.text;
  EXPECT_EQ(answer.data().at("run").at("cancel_requested"), true);
  EXPECT_EQ(answer.header("Location"), path);
  world.let_go(test::route::create);
  EXPECT_TRUE(becomes([&] { return ask("GET", path).data().at("state") == "cancelled"; }));
  EXPECT_EQ(ask("POST", path + "/cancel").status, 409);
  EXPECT_EQ(ask("POST", "/deployments/app/runs/77/cancel").status, 404);
}

TEST_F(runs, are_cancelled_without_their_ids_also_those_that_wait) {
  create("app");
  EXPECT_EQ(ask("POST", "/deployments/app/cancel").reason(), "no_run_under_way");
  world.hang(test::route::create);
  ASSERT_EQ(ask("POST", "/deployments/app/run").status, 202);
  ASSERT_TRUE(becomes([&] { return ask("GET", "/deployments/app/runs/1").data().at("state") == "pulled"; }));
  ASSERT_EQ(ask("POST", "/deployments/app/run").status, 202);
  auto const answer = ask("POST", "/deployments/app/cancel");
  ASSERT_EQ(answer.status, 202) << answer.text;
  auto const data = answer.data();
  auto const& all = data.at("runs").as_array();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].at("number"), 2);
  EXPECT_EQ(all[1].at("number"), 1);
  for (auto const& one : all) EXPECT_EQ(one.at("cancel_requested"), true);
  world.let_go(test::route::create);
  for (auto const* const number : {"1", "2"})
    EXPECT_TRUE(becomes([&] {
      return ask("GET", std::string("/deployments/app/runs/") + number).data().at("state") == "cancelled";
    })) << number;
  EXPECT_EQ(ask("POST", "/deployments/app/cancel").status, 409);
  EXPECT_EQ(ask("POST", "/deployments/none/cancel").status, 404);
  EXPECT_EQ(ask("POST", "/deployments/app/cancel", R"({"run":1})").status, 422);
}

TEST_F(runs, that_remove_a_deployment_are_not_taken_back) {
  create("app");
  deploy("app");
  world.hang(test::route::stop);
  ASSERT_EQ(ask("DELETE", "/deployments/app?wait=0").status, 202);
  auto const refused = ask("POST", "/deployments/app/cancel");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.reason(), "deployment_deleting");
  world.let_go(test::route::stop);
  EXPECT_TRUE(becomes([&] { return state->find_deployment(deployment_name{"app"}) == nullptr; }));
}

class runs_on_a_full_disk : public test::api_test {
protected:
  runs_on_a_full_disk() : api_test(1'000, 5'000, std::uint64_t{1} << 60) { world.set_storage_folder("/"); }
};

TEST_F(runs_on_a_full_disk, are_refused_before_anything_is_touched) {
  create("app");
  registries.has =
      remote_image{.digest = {}, .manifest_digest = {}, .id = {}, .layers = {{"a", 3'000'000}}, .diff_ids = {}};
  auto const answer = ask("POST", "/deployments/app/run");
  EXPECT_EQ(answer.status, 507) << answer.text;
  EXPECT_EQ(answer.reason(), "engine_storage");
  EXPECT_NE(answer.error().find("2.9 MiB of it have to be pulled"), std::string::npos) << answer.error();
  EXPECT_EQ(ask("GET", "/deployments/app/runs").data().as_array().size(), 0u);
  EXPECT_EQ(world.count(test::route::pull), 0u);
}

TEST_F(runs_on_a_full_disk, are_accepted_when_nobody_knows_how_large_the_image_is) {
  create("app");
  EXPECT_EQ(deploy("app").step, run_step::done);
}

}  // namespace
}  // namespace krane
