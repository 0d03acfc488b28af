// Who may ask at all: host names, web pages, tokens, and what a stranger is told.
#include "api_world.hpp"

namespace krane {
namespace {

class who_may_ask : public test::api_test {};

TEST_F(who_may_ask, answers_to_its_own_names_with_any_port) {
  for (auto const* const host : {"localhost", "localhost:1234", "127.0.0.1:8080", "[::1]:8080", "KRANE.example:443"})
    EXPECT_EQ(ask_as_stranger("GET", "/health", "", {{"Host", host}}).status, 200) << host;
}

TEST_F(who_may_ask, does_not_answer_to_a_name_that_a_web_page_made_point_here) {
  auto const answer = ask("GET", "/deployments", "", {{"Host", "evil.example:8080"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.reason(), "host_not_allowed");
  EXPECT_NE(answer.error().find("KRANE_NAMES"), std::string::npos);
  EXPECT_EQ(ask_as_stranger("GET", "/health", "", {{"Host", "127.0.0.1.evil.example"}}).status, 403);
}

TEST_F(who_may_ask, takes_new_names_and_origins_while_it_runs) {
  EXPECT_EQ(ask_as_stranger("GET", "/health", "", {{"Host", "new.example"}}).status, 403);
  use({.names = {"new.example"}, .allowed_origins = {"https://console.example/"}});
  EXPECT_EQ(ask_as_stranger("GET", "/health", "", {{"Host", "new.example"}}).status, 200);
  EXPECT_EQ(ask_as_stranger("GET", "/health", "", {{"Origin", "https://console.example"}}).status, 200);
}

TEST_F(who_may_ask, refuses_web_pages_of_others) {
  auto const answer = ask("GET", "/deployments", "", {{"Origin", "https://evil.example"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.reason(), "origin_not_allowed");
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(ask("GET", "/deployments", "", {{"Origin", "null"}}).status, 403);
  EXPECT_EQ(ask("GET", "/deployments", "", {{"Origin", "http://localhost:3000"}}).status, 403);
}

TEST_F(who_may_ask, lets_its_own_and_allowed_web_pages_read_the_answer) {
  EXPECT_EQ(ask("GET", "/deployments", "", {{"Origin", "http://localhost:8080"}}).status, 200);
  use({.allowed_origins = {"https://console.example"}});
  auto const answer = ask("GET", "/deployments", "", {{"Origin", "https://console.example"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://console.example");
  EXPECT_EQ(answer.header("Vary"), "Origin");
  EXPECT_EQ(answer.header("Access-Control-Allow-Credentials"), "");
}

TEST_F(who_may_ask, answers_a_browsers_question_before_it_sends) {
  use({.allowed_origins = {"https://console.example"}});
  auto const answer =
      ask_as_stranger("OPTIONS", "/deployments", "",
                      {{"Origin", "https://console.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "https://console.example");
  EXPECT_NE(answer.header("Access-Control-Allow-Methods").find("POST"), std::string::npos);
  EXPECT_NE(answer.header("Access-Control-Allow-Headers").find("Authorization"), std::string::npos);
  EXPECT_EQ(ask_as_stranger("OPTIONS", "/nowhere").status, 404);
  EXPECT_EQ(ask_as_stranger("OPTIONS", "/deployments", "",
                            {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}})
                .status,
            403);
}

TEST_F(who_may_ask, tells_a_stranger_nothing_of_what_is_there) {
  create("app");
  std::string first;
  for (auto const* const target :
       {"/deployments", "/deployments/app", "/deployments/none", "/deployments/app/nothing/here", "/sessions",
        "/deployments/app/runs/1", "/sessions/none", "/deployments/", "/deployments/%00", "/registries",
        "/registries/none/here", "/system/none", "/containers/none/here"}) {
    auto const answer = ask_as_stranger("GET", target);
    EXPECT_EQ(answer.status, 401) << target;
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer");
    if (first.empty()) first = answer.text;
    EXPECT_EQ(answer.text, first) << target;
  }
  EXPECT_EQ(ask_as_stranger("PUT", "/deployments/app").status, 401);
  EXPECT_EQ(ask_as_stranger("POST", "/deployments", "not json").status, 401);
  EXPECT_EQ(first, R"({"success":false,"code":401,"data":{"error":"unauthorized","reason":"unauthorized"}})");
}

TEST_F(who_may_ask, takes_no_token_that_is_not_one) {
  for (auto const* const header :
       {"Bearer", "Bearer ", "Bearer undefined", "Bearer krs_0000", "Basic a2FyOg==", "krs_1", "Bearer  "})
    EXPECT_EQ(ask_as_stranger("GET", "/deployments", "", {{"Authorization", header}}).status, 401) << header;
  std::string const redacted(ask("GET", "/sessions").data().at(0).at("token").as_string());
  EXPECT_EQ(redacted, token);
}

TEST_F(who_may_ask, does_not_mind_a_stale_header_on_open_routes) {
  for (auto const* const header : {"Bearer undefined", "Bearer", "nonsense"}) {
    EXPECT_EQ(ask_as_stranger("GET", "/login", "", {{"Authorization", header}}).status, 200);
    EXPECT_EQ(ask_as_stranger("GET", "/version", "", {{"Authorization", header}}).status, 200);
  }
}

TEST_F(who_may_ask, says_that_there_is_nothing_at_an_unknown_path) {
  auto const answer = ask_as_stranger("GET", "/nowhere");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.reason(), "not_found");
  EXPECT_EQ(ask("GET", "/deployments/app/nothing").status, 404);
  EXPECT_EQ(ask_as_stranger("GET", "/deploymentsx").status, 404);
}

TEST_F(who_may_ask, says_which_methods_a_path_takes) {
  auto const answer = ask("PUT", "/deployments");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.reason(), "method_not_allowed");
  EXPECT_EQ(answer.header("Allow"), "GET, HEAD, POST");
  EXPECT_EQ(ask_as_stranger("POST", "/login").status, 405);
  EXPECT_EQ(ask_as_stranger("POST", "/login").header("Allow"), "GET, HEAD");
  EXPECT_EQ(ask("HEAD", "/deployments").status, 200);
}

}  // namespace
}  // namespace krane
