// A POST with an Idempotency-Key that comes again is answered as it was the first time, and done once.
#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>
#include <set>

#include "base/json.hpp"
#include "unit/api/api_world.hpp"

namespace krane::test {
namespace {

constexpr char some_spec[] = R"({"name":"app","config":{"image":"krane-test/web","container_port":"8080"}})";
constexpr char other_spec[] = R"({"name":"app","config":{"image":"krane-test/web","container_port":"8081"}})";

class once_test : public api_test {
protected:
  api_answer post(std::string key, std::string target, std::string body = {}, header_pairs more = {}) {
    more.emplace_back("Idempotency-Key", std::move(key));
    return ask("POST", std::move(target), std::move(body), std::move(more));
  }
  std::size_t runs() { return ask("GET", "/deployments/app/runs").data().as_array().size(); }
  bool settles() {
    return becomes([&] { return ask("GET", "/deployments/app/runs").data().at(0).at("finished").as_bool(); });
  }
  void expect_same(api_answer const& again, api_answer const& first) {
    EXPECT_EQ(first.header("Idempotent-Replayed"), "");
    EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
    EXPECT_EQ(again.status, first.status);
    EXPECT_EQ(again.text, first.text);
    EXPECT_EQ(again.header("Location"), first.header("Location"));
    EXPECT_EQ(again.content_type, first.content_type);
  }
  // As another user, whose key is let in as well.
  void become_another() {
    auto other = test_key::generate(key_kind::ed25519);
    std::ofstream(folder / "authorized_keys", std::ios::app) << other.authorized_keys_line("grace@example") << '\n';
    std::swap(key, other);
    ASSERT_TRUE(becomes([&] {
      try {
        token = std::string(log_in().at("token").as_string());
        return true;
      } catch (std::runtime_error const&) {
        return false;
      }
    }));
  }
};

TEST_F(once_test, a_run_that_is_asked_for_again_is_answered_as_it_was_accepted_whatever_became_of_it) {
  create("app");
  auto const first = post("one", "/deployments/app/run?tag=v2");
  ASSERT_EQ(first.status, 202) << first.text;
  expect_same(post("one", "/deployments/app/run?tag=v2"), first);
  ASSERT_TRUE(settles());
  expect_same(post("one", "/deployments/app/run?tag=v2"), first);
  EXPECT_EQ(runs(), 1u);
  ASSERT_EQ(ask("DELETE", "/deployments/app").status, 200);
  expect_same(post("one", "/deployments/app/run?tag=v2"), first);
}

TEST_F(once_test, every_kind_of_run_is_accepted_once) {
  create("app");
  deploy("app");
  ASSERT_EQ(ask("POST", "/deployments/app/run?tag=v2").status, 202);
  ASSERT_TRUE(settles());
  for (std::string const what : {"rollback", "stop", "start", "restart", "run"}) {
    SCOPED_TRACE(what);
    auto const before = runs();
    auto const first = post(what, "/deployments/app/" + what, "{}");
    ASSERT_EQ(first.status, 202) << first.text;
    ASSERT_TRUE(settles());
    expect_same(post(what, "/deployments/app/" + what, "{}"), first);
    EXPECT_EQ(runs(), before + 1);
  }
}

TEST_F(once_test, a_cancel_is_answered_as_it_was_also_when_the_run_has_ended) {
  create("app");
  world.hang(route::create);
  std::string const path = ask("POST", "/deployments/app/run").header("Location");
  auto const first = post("one", path + "/cancel");
  EXPECT_EQ(first.status, 202) << first.text;
  world.let_go(route::create);
  ASSERT_TRUE(settles());
  expect_same(post("one", path + "/cancel"), first);
  EXPECT_EQ(post("two", path + "/cancel").status, 409);
}

TEST_F(once_test, a_cancel_without_a_run_does_not_reach_a_run_that_came_after_it) {
  create("app");
  world.hang(route::create);
  ASSERT_EQ(ask("POST", "/deployments/app/run").status, 202);
  auto const first = post("one", "/deployments/app/cancel");
  EXPECT_EQ(first.status, 202) << first.text;
  world.let_go(route::create);
  ASSERT_TRUE(settles());
  world.hang(route::create);
  ASSERT_EQ(ask("POST", "/deployments/app/run").status, 202);
  expect_same(post("one", "/deployments/app/cancel"), first);
  EXPECT_EQ(ask("GET", "/deployments/app/runs/2").data().at("cancel_requested"), false);
  world.let_go(route::create);
  ASSERT_TRUE(settles());
}

TEST_F(once_test, a_deployment_is_created_once) {
  auto const first = post("one", "/deployments", some_spec, {{"If-None-Match", "*"}});
  EXPECT_EQ(first.status, 201) << first.text;
  expect_same(post("one", "/deployments", some_spec, {{"If-None-Match", "*"}}), first);
  EXPECT_EQ(post("two", "/deployments", some_spec, {{"If-None-Match", "*"}}).status, 412);
  EXPECT_EQ(post("three", "/deployments", some_spec).status, 200);
}

TEST_F(once_test, an_old_request_that_comes_again_does_not_undo_a_newer_one) {
  ASSERT_EQ(post("one", "/deployments", some_spec).status, 201);
  ASSERT_EQ(post("two", "/deployments", other_spec).status, 200);
  ASSERT_EQ(post("one", "/deployments", some_spec).status, 201);
  EXPECT_EQ(ask("GET", "/deployments/app").data().at("template").at("config").at("container_port"), "8081");
}

TEST_F(once_test, a_key_that_came_with_another_request_is_refused) {
  create("app");
  create("other");
  ASSERT_EQ(post("one", "/deployments/app/run?tag=v2").status, 202);
  ASSERT_EQ(post("two", "/deployments", some_spec).status, 200);
  auto const expect_refused = [&](api_answer const& answer) {
    EXPECT_EQ(answer.status, 422) << answer.text;
    EXPECT_EQ(answer.reason(), "idempotency_key_reused");
  };
  expect_refused(post("one", "/deployments/app/run?tag=latest"));
  expect_refused(post("one", "/deployments/app/run"));
  expect_refused(post("one", "/deployments/other/run?tag=v2"));
  expect_refused(post("one", "/deployments/app/restart"));
  expect_refused(post("one", "/deployments/app/run?tag=v2", "{}"));
  expect_refused(post("two", "/deployments", other_spec));
  expect_refused(post("two", "/deployments", some_spec, {{"If-None-Match", "*"}}));
  EXPECT_EQ(runs(), 1u);
  EXPECT_EQ(ask("GET", "/deployments/app").data().at("template").at("config").at("container_port"), "8080");
}

TEST_F(once_test, two_users_with_the_same_key_have_answers_of_their_own) {
  create("app");
  auto const mine = post("one", "/deployments/app/run");
  ASSERT_EQ(mine.status, 202);
  ASSERT_TRUE(settles());
  become_another();
  auto const theirs = post("one", "/deployments/app/run");
  EXPECT_EQ(theirs.status, 202);
  EXPECT_EQ(theirs.header("Idempotent-Replayed"), "");
  EXPECT_NE(theirs.header("Location"), mine.header("Location"));
}

TEST_F(once_test, the_same_user_s_other_session_has_the_same_answer) {
  create("app");
  auto const first = post("one", "/deployments/app/run");
  token = std::string(log_in().at("token").as_string());
  expect_same(post("one", "/deployments/app/run"), first);
  token = "krs_nobody";
  auto const stranger = post("one", "/deployments/app/run");
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(stranger.header("Location"), "");
}

TEST_F(once_test, what_cannot_be_a_key_is_refused) {
  create("app");
  for (std::string const& key : {std::string(), std::string(256, 'k'), std::string("a b"), std::string("\xc3\xbc"),
                                 std::string("a\tb"), std::string("a\x7f")}) {
    auto const answer = post(key, "/deployments/app/run");
    EXPECT_EQ(answer.status, 400) << key;
    EXPECT_EQ(answer.reason(), "idempotency_key_invalid");
  }
  EXPECT_EQ(post("a", "/deployments/app/run", "", {{"Idempotency-Key", "b"}}).status, 400);
  EXPECT_EQ(runs(), 0u);
  EXPECT_EQ(post(std::string(255, '~'), "/deployments/app/run").status, 202);
}

TEST_F(once_test, a_second_one_while_the_first_is_carried_out_is_told_to_come_again) {
  create("app");
  std::vector<http::response> answers;
  auto const spawn = [&](http::request& what) {
    asio::co_spawn(loop.get_executor(), served->handler()(what), [&](std::exception_ptr failed, http::reply reply) {
      if (!failed) answers.push_back(std::get<http::response>(reply));
    });
  };
  header_pairs const headers{{"Authorization", "Bearer " + token}, {"Idempotency-Key", "one"}};
  auto first = make_request("POST", "/deployments/app/run", "", headers);
  auto second = first;
  auto third = make_request("POST", "/deployments/app/stop", "", headers);
  spawn(first);
  spawn(second);
  spawn(third);
  ASSERT_TRUE(becomes([&] { return answers.size() == 3; }));
  EXPECT_EQ(answers[0].status, 409);
  EXPECT_TRUE(answers[0].body->contains("idempotency_key_in_use")) << *answers[0].body;
  EXPECT_EQ(answers[1].status, 422);
  EXPECT_TRUE(answers[1].body->contains("idempotency_key_reused")) << *answers[1].body;
  EXPECT_EQ(answers[2].status, 202);
  EXPECT_EQ(post("one", "/deployments/app/run").text, *answers[2].body);
  EXPECT_EQ(runs(), 1u);
}

TEST_F(once_test, a_refusal_is_kept_and_what_trying_again_may_mend_is_not) {
  auto const none = post("one", "/deployments/app/run");
  EXPECT_EQ(none.status, 404);
  create("app");
  expect_same(post("one", "/deployments/app/run"), none);
  EXPECT_EQ(post("two", "/deployments/app/run").status, 202);
  ASSERT_TRUE(settles());
  run_coroutine(loop, service->stop());
  for (int i = 0; i < 2; ++i) {
    auto const stopping = post("three", "/deployments/app/run");
    EXPECT_EQ(stopping.status, 503) << stopping.text;
    EXPECT_EQ(stopping.header("Idempotent-Replayed"), "");
  }
}

TEST_F(once_test, a_refusal_that_quotes_a_secret_hides_it_the_first_time_and_the_second) {
  create("app");
  ASSERT_EQ(ask("PUT", "/deployments/app/secrets/db", R"({"value":"a-password-of-mine"})").status, 201);
  std::string const quoting = R"({"name":"other","config":{"image":"krane-test/web","a-password-of-mine":1}})";
  auto const first = post("one", "/deployments", quoting);
  EXPECT_EQ(first.status, 422);
  EXPECT_NE(first.text.find("***"), std::string::npos) << first.text;
  EXPECT_EQ(first.text.find("a-password-of-mine"), std::string::npos) << first.text;
  expect_same(post("one", "/deployments", quoting), first);
}

TEST_F(once_test, an_answer_is_kept_for_a_day) {
  create("app");
  auto const first = post("one", "/deployments/app/run");
  ASSERT_TRUE(settles());
  time.advance(std::chrono::hours{24} - std::chrono::seconds{1});
  expect_same(post("one", "/deployments/app/run"), first);
  time.advance(std::chrono::seconds{1});
  auto const next = post("one", "/deployments/app/run");
  EXPECT_NE(next.header("Location"), first.header("Location"));
  EXPECT_EQ(runs(), 2u);
}

TEST_F(once_test, a_token_is_kept_nowhere_so_sessions_take_no_key) {
  auto const first = post("one", "/sessions", R"({"name":"ci"})");
  auto const second = post("one", "/sessions", R"({"name":"ci"})");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(first.header("Location"), second.header("Location"));
}

TEST_F(once_test, the_document_says_of_every_post_whether_it_takes_a_key) {
  auto const told = *parse_json(served->document());
  std::set<std::string> without;
  for (auto const& [path, methods] : told.at("paths").as_object()) {
    for (auto const& [method, operation] : methods.as_object()) {
      bool takes = false;
      if (auto const* const params = operation.as_object().if_contains("parameters"))
        for (auto const& one : params->as_array())
          if (auto const* const ref = one.as_object().if_contains("$ref"))
            takes |= ref->as_string() == "#/components/parameters/key";
      EXPECT_FALSE(takes && method != "post") << path;
      if (method == "post" && !takes) without.insert(path);
    }
  }
  EXPECT_EQ(without, (std::set<std::string>{"/auth", "/sessions"}));
  EXPECT_EQ(told.at("components").at("parameters").at("key").at("name"), "Idempotency-Key");
}

}  // namespace
}  // namespace krane::test
