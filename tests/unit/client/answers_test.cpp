#include "client/answers.hpp"

#include <gmock/gmock.h>

#include "client/reason.hpp"

namespace krane::client {
namespace {

using testing::HasSubstr;

class an_answer : public testing::Test {
protected:
  error refused(int status, std::string_view body, bool had_token = true) {
    head.status = status;
    auto const read = read_answer(head, body, where, had_token);
    EXPECT_FALSE(read);
    return read ? error{} : read.error();
  }
  answer_head head;
  endpoint const where{.type = endpoint::kind::http, .host = "krane.example", .port = 8080};
};

TEST_F(an_answer, gives_its_data) {
  head.status = 201;
  auto const read = read_answer(head, R"({"success":true,"code":201,"data":{"name":"web"},"more":1})", where, true);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at("name"), "web");
}

TEST_F(an_answer, is_the_servers_error_with_its_sentence_reason_and_details) {
  auto const why = refused(422, R"({"success":false,"code":422,"data":{"error":"two faults","reason":"invalid",
      "details":[{"path":"name","error":"is missing"},{"path":"config.image","error":"is wrong"}]}})");
  EXPECT_EQ(why.code, errc::invalid);
  EXPECT_EQ(why.message, "two faults");
  EXPECT_EQ(why.reason, "invalid");
  EXPECT_EQ(why.details, (std::vector<fault>{{"name", "is missing"}, {"config.image", "is wrong"}}));
  EXPECT_EQ(refused(404, R"({"success":false,"data":{"error":"no such thing","reason":"not_found"}})").code,
            errc::not_found);
  EXPECT_EQ(refused(409, R"({"success":false,"data":{"error":"taken","reason":"host_port_taken"}})").reason,
            "host_port_taken");
  EXPECT_EQ(refused(503, R"({"success":false,"data":{"error":"the engine","reason":"engine_unavailable"}})").code,
            errc::unavailable);
  EXPECT_EQ(refused(418, R"({"success":false,"data":{"error":"tea"}})").code, errc::invalid);
  EXPECT_EQ(refused(599, R"({"success":false,"data":{"error":"worse"}})").code, errc::internal);
}

TEST_F(an_answer, without_a_good_session_says_who_is_not_logged_in_where) {
  constexpr std::string_view body =
      R"({"success":false,"code":401,"data":{"error":"unauthorized","reason":"unauthorized"}})";
  auto const over = refused(401, body);
  EXPECT_EQ(over.code, errc::unauthorized);
  EXPECT_EQ(over.reason, reason::not_logged_in);
  EXPECT_EQ(over.message, "the session has ended or expired at http://krane.example:8080");
  EXPECT_EQ(refused(401, body, false).message, "you are not logged in to http://krane.example:8080");
}

TEST_F(an_answer, of_something_else_is_told_in_one_sentence) {
  struct row {
    int status;
    std::string_view body;
    std::string_view says;
  };
  for (auto const& [status, body, says] : {
           row{200, "<html><head><title>Welcome to nginx!</title></head></html>", "the page \"Welcome to nginx!\""},
           row{404, "<html>404 Not Found</html>", "it answered 404 without what krane answers"},
           row{502, "<html>502 Bad Gateway</html>", "a proxy answered 502"},
           row{400, "<h1>The plain HTTP request was sent to HTTPS port</h1>", "it speaks TLS; write https://"},
           row{200, "", "it answered 200 without"},
           row{200, "[]", "it answered 200 without"},
           row{200, R"({"hello":"world"})", "it answered 200 without"},
           row{500, R"({"success":false,"data":{}})", "it answered 500 without"},
           row{401, "<html>Authorization Required</html>", "it answered 401 without"},
       }) {
    auto const why = refused(status, body);
    EXPECT_EQ(why.reason, reason::not_krane) << body;
    EXPECT_TRUE(is_unreachable(why)) << body;
    EXPECT_THAT(why.message, HasSubstr("what answers at http://krane.example:8080 is no krane server"));
    EXPECT_THAT(why.message, HasSubstr(says));
    EXPECT_EQ(why.message.find('<'), std::string::npos) << why.message;
  }
}

TEST_F(an_answer, that_sends_elsewhere_says_where) {
  head.headers.add("Location", "https://krane.example/");
  EXPECT_THAT(refused(301, "<html>Moved</html>").message, HasSubstr("it sends on to https://krane.example/"));
}

}  // namespace
}  // namespace krane::client
