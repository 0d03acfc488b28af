// GET /login, POST /auth, GET, POST and DELETE /sessions.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api_world.hpp"

namespace krane {
namespace {

class login : public test::api_test {
protected:
  std::string body_for(boost::json::value const& asked, bool wrapped = true) {
    std::string const phrase(asked.at("phrase").as_string());
    boost::json::object body{{"request_id", asked.at("request_id")},
                             {"token", key.sign_jws(R"({"phrase":")" + phrase + R"("})")}};
    if (!wrapped) return boost::json::serialize(body);
    return boost::json::serialize(boost::json::object{{"data", std::move(body)}});
  }
};

TEST_F(login, gives_the_phrase_at_the_top_as_documented_and_in_data_as_clients_read_it) {
  auto const answer = ask_as_stranger("GET", "/login");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  auto const whole = answer.json();
  EXPECT_EQ(whole.at("success"), true);
  EXPECT_EQ(whole.at("code"), 200);
  EXPECT_EQ(whole.at("request_id"), whole.at("data").at("request_id"));
  EXPECT_EQ(whole.at("phrase"), whole.at("data").at("phrase"));
  EXPECT_TRUE(whole.at("phrase").as_string().starts_with("krane-login:v1:localhost"));
}

TEST_F(login, makes_a_session_of_a_signed_phrase_in_either_body_form) {
  for (bool const wrapped : {true, false}) {
    auto const asked = ask_as_stranger("GET", "/login").json();
    auto const answer = ask_as_stranger("POST", "/auth", body_for(asked, wrapped));
    ASSERT_EQ(answer.status, 200) << answer.text;
    auto const session = answer.data().at("session").as_object();
    EXPECT_TRUE(session.at("token").as_string().starts_with("krs_"));
    EXPECT_EQ(session.at("expires_at"), "02/01/2026");  // 30 days after the clock of this test
    EXPECT_EQ(session.at("expires_at_utc"), "2026-02-01T03:04:05.000000Z");
    EXPECT_EQ(session.at("created_at"), "2026-01-02T03:04:05.000000Z");
    EXPECT_EQ(session.at("user"), "ada@example");
    EXPECT_EQ(session.at("key_fingerprint").as_string(), key.fingerprint());
    EXPECT_FALSE(session.at("id").as_string().empty());
    EXPECT_EQ(ask_as_stranger("GET", "/deployments", "",
                              {{"Authorization", "Bearer " + std::string(session.at("token").as_string())}})
                  .status,
              200);
  }
}

TEST_F(login, answers_every_failed_login_alike) {
  auto const asked = ask_as_stranger("GET", "/login").json();
  auto const good = body_for(asked);
  EXPECT_EQ(ask_as_stranger("POST", "/auth", good).status, 200);
  std::vector<std::string> answers;
  for (auto const& body :
       {good, std::string(R"({"request_id":"x","token":"y"})"), std::string(R"({"request_id":"","token":""})")}) {
    auto const answer = ask_as_stranger("POST", "/auth", body);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer");
    answers.push_back(answer.text);
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_EQ(answers[1], answers[2]);
}

TEST_F(login, names_every_fault_of_a_body) {
  auto const answer = ask_as_stranger("POST", "/auth", R"({"data":{"requestid":"x","token":5}})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.reason(), "invalid");
  EXPECT_EQ(answer.details(), (std::vector<std::string>{"request_id: is missing", "token: wants a string, got a number",
                                                        "requestid: is not a known field; was \"request_id\" meant?"}));
}

TEST_F(login, says_how_long_to_wait_after_too_many_tries) {
  auth->set_login_limit(1);
  test::api_answer last;
  for (int tries = 0; tries < 10 && last.status != 429; ++tries) last = ask_as_stranger("GET", "/login");
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(last.reason(), "rate_limited");
  EXPECT_GE(std::stoi(last.header("Retry-After")), 1);
  EXPECT_EQ(ask("GET", "/deployments").status, 200);
}

TEST_F(login, lists_sessions_and_shows_only_the_callers_own_token) {
  auto const other = log_in();
  auto const answer = ask("GET", "/sessions");
  EXPECT_EQ(answer.status, 200);
  auto const all = answer.data().as_array();
  ASSERT_EQ(all.size(), 2u);
  for (auto const& one : all) {
    bool const is_own = one.at("id") != other.at("id");
    std::string const shown(one.at("token").as_string());
    if (is_own) {
      EXPECT_EQ(shown, token);
    } else {
      EXPECT_TRUE(shown.starts_with("krs_redacted_"));
      EXPECT_EQ(shown.size(), std::string("krs_redacted_").size() + 8);
      EXPECT_EQ(ask_as_stranger("GET", "/sessions", "", {{"Authorization", "Bearer " + shown}}).status, 401);
    }
    EXPECT_EQ(one.at("expires_at"), "02/01/2026");
  }
  EXPECT_EQ(answer.text.find(std::string(other.at("token").as_string())), std::string::npos);
}

TEST_F(login, ends_a_session) {
  auto const other = log_in();
  std::string const id(other.at("id").as_string());
  auto const ended = ask("DELETE", "/sessions/" + id);
  EXPECT_EQ(ended.status, 200);
  EXPECT_EQ(ended.data().at("id").as_string(), id);
  EXPECT_EQ(ask("DELETE", "/sessions/" + id).status, 404);
  EXPECT_EQ(ask_as_stranger("GET", "/sessions", "",
                            {{"Authorization", "Bearer " + std::string(other.at("token").as_string())}})
                .status,
            401);
  EXPECT_EQ(ask("GET", "/sessions").status, 200);
}

TEST_F(login, makes_a_session_for_a_program_whose_token_is_shown_once) {
  auto const answer = ask("POST", "/sessions", R"({"data":{"name":"ci","ttl_seconds":7776000}})");
  ASSERT_EQ(answer.status, 201) << answer.text;
  auto const made = answer.data().at("session").as_object();
  std::string const its_token(made.at("token").as_string());
  EXPECT_EQ(answer.header("Location"), "/sessions/" + std::string(made.at("id").as_string()));
  EXPECT_EQ(made.at("name"), "ci");
  EXPECT_EQ(made.at("user"), "ada@example");
  EXPECT_EQ(made.at("expires_at_utc"), "2026-04-02T03:04:05.000000Z");  // 90 days
  test::header_pairs const as_program{{"Authorization", "Bearer " + its_token}};
  EXPECT_EQ(ask_as_stranger("GET", "/deployments", "", as_program).status, 200);
  EXPECT_EQ(ask("GET", "/sessions").text.find(its_token), std::string::npos);

  auto const refused = ask_as_stranger("POST", "/sessions", R"({"name":"another"})", as_program);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.reason(), "session_of_program");

  EXPECT_EQ(ask("DELETE", "/sessions/" + std::string(made.at("id").as_string())).status, 200);
  EXPECT_EQ(ask_as_stranger("GET", "/deployments", "", as_program).status, 401);
}

TEST_F(login, gives_a_program_as_long_as_a_person_unless_told_otherwise) {
  auto const made = ask("POST", "/sessions", R"({"name":"ci"})").data().at("session").as_object();
  EXPECT_EQ(made.at("expires_at_utc"), "2026-02-01T03:04:05.000000Z");
}

TEST_F(login, names_every_fault_of_a_session_for_a_program) {
  auto const answer = ask("POST", "/sessions", R"({"name":"two words","ttl_seconds":1})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.details(), (std::vector<std::string>{"name: must be 1 to 64 letters, digits, '.', '_' or '-'",
                                                        "ttl_seconds: must be a whole number from 60 to 31622400"}));
  EXPECT_EQ(ask("POST", "/sessions", R"({"name":"","ttl_seconds":31622401})").status, 422);
}

}  // namespace
}  // namespace krane
