// What the client does where a connection breaks before there is an answer to what changes something.
#include "client/repeats.hpp"

#include <gmock/gmock.h>

#include "api_server.hpp"
#include "client/reason.hpp"
#include "raw_server.hpp"

namespace krane::client {
namespace {

using namespace std::chrono_literals;
using test::http_answer;
using test::run_coroutine;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string key_in(std::string const& request) {
  std::string const name = "\r\nIdempotency-Key: ";
  auto const at = request.find(name);
  if (at == request.npos) return "";
  auto const begin = at + name.size();
  return request.substr(begin, request.find('\r', begin) - begin);
}

class repeats_test : public testing::Test {
protected:
  // Closed without a word.
  void lose_next() { server.answer("", true); }
  void accept_next() {
    server.answer(http_answer(202, R"({"success":true,"code":202,"data":{"run":{"id":"9ca24de8","number":1}}})"));
  }
  void refuse_next(int status, std::string reason) {
    server.answer(
        http_answer(status, R"({"success":false,"code":409,"data":{"error":"no","reason":")" + reason + R"("}})"));
  }
  result<run_info> start() { return run_coroutine(loop, api.start_run("web", std::nullopt)); }

  asio::io_context loop{1};
  test::raw_server server{loop};
  krane_api api{server.where(), "token", {.repeat = 5s}};
};

TEST_F(repeats_test, the_same_request_is_sent_again_with_its_key_until_there_is_an_answer) {
  lose_next();
  lose_next();
  accept_next();
  auto const started = start();
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_EQ(started->id, "9ca24de8");
  ASSERT_THAT(server.requests(), SizeIs(3));
  EXPECT_EQ(server.requests()[0], server.requests()[1]);
  EXPECT_EQ(server.requests()[0], server.requests()[2]);
  EXPECT_THAT(key_in(server.requests()[0]),
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST_F(repeats_test, each_request_has_a_key_of_its_own) {
  accept_next();
  accept_next();
  ASSERT_TRUE(start());
  ASSERT_TRUE(start());
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_NE(key_in(server.requests()[0]), key_in(server.requests()[1]));
}

TEST_F(repeats_test, one_that_is_still_carried_out_is_waited_for) {
  lose_next();
  refuse_next(409, "idempotency_key_in_use");
  accept_next();
  EXPECT_TRUE(start());
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(repeats_test, what_the_server_refuses_is_told_at_once) {
  refuse_next(409, "idempotency_key_in_use");
  EXPECT_EQ(start().error().reason, "idempotency_key_in_use");
  lose_next();
  refuse_next(409, "nothing_serves");
  EXPECT_EQ(start().error().reason, "nothing_serves");
  EXPECT_THAT(server.requests(), SizeIs(3));
}

TEST_F(repeats_test, there_is_an_end_to_it_and_then_the_loss_is_told) {
  krane_api impatient{server.where(), "token", {.repeat = 0ms}};
  lose_next();
  auto const lost = run_coroutine(loop, impatient.start_run("web", std::nullopt));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().reason, reason::connection_lost);
  EXPECT_THAT(server.requests(), SizeIs(1));
}

TEST_F(repeats_test, a_server_that_is_not_there_is_not_asked_again) {
  std::uint16_t const closed_port = test::raw_server(loop).where().port;
  krane_api nowhere{{.type = endpoint::kind::http, .host = "127.0.0.1", .port = closed_port}, "token", {.repeat = 1h}};
  EXPECT_EQ(run_coroutine(loop, nowhere.start_run("web", std::nullopt)).error().reason, reason::unreachable);
}

TEST_F(repeats_test, a_login_and_a_new_session_are_never_sent_twice) {
  lose_next();
  EXPECT_EQ(run_coroutine(loop, api.log_in("id", "signed")).error().reason, reason::connection_lost);
  lose_next();
  EXPECT_EQ(run_coroutine(loop, api.create_session("ci", {})).error().reason, reason::connection_lost);
  ASSERT_THAT(server.requests(), SizeIs(2));
  for (auto const& request : server.requests()) EXPECT_EQ(key_in(request), "");
}

TEST_F(repeats_test, a_server_that_has_just_started_is_asked_again_when_it_says_so) {
  auto const put_off = [&] {
    server.answer(
        http_answer(503, R"({"success":false,"code":503,"data":{"error":"it has just started","reason":"recovering"}})",
                    "application/json", "Retry-After: 1\r\n"));
  };
  put_off();
  accept_next();
  auto const begun = std::chrono::steady_clock::now();
  auto const started = start();
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 1s) << "it said after how long";
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_EQ(server.requests()[0], server.requests()[1]) << "with the same key";
  // It has changed nothing, so what has no key is sent again too.
  put_off();
  server.answer(http_answer(200, R"({"success":true,"code":200,"data":{"name":"web","removed":true}})"));
  EXPECT_TRUE(run_coroutine(loop, api.remove_deployment("web", 1s)));
  // A look is answered as it is.
  put_off();
  EXPECT_EQ(run_coroutine(loop, api.get_readiness()).error().reason, "recovering");
  EXPECT_THAT(server.requests(), SizeIs(5));
}

class repeats_to_krane_test : public test::served_api_test {
protected:
  test::cutting_relay relay{loop, web->port()};
  krane_api api{relay.where(), token};
};

TEST_F(repeats_to_krane_test, a_run_whose_answer_is_lost_again_and_again_is_accepted_once) {
  create("web");
  relay.cut_each_after(0, 200);
  auto const started = run(api.start_run("web", std::nullopt));
  ASSERT_TRUE(started) << started.error().message;
  EXPECT_GE(relay.connections(), 3);
  EXPECT_EQ(started->number, 1U);
  EXPECT_THAT(*run(krane_api(where(), token).list_runs("web")), SizeIs(1));
}

TEST_F(repeats_to_krane_test, a_deployment_that_was_created_before_its_answer_was_lost_is_told_as_created) {
  relay.cut_each_after(0, 10'000);
  auto const stored = run(api.put_deployment({"web", {{"image", "krane-test/web"}}}, true));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_TRUE(stored->created);
}

}  // namespace
}  // namespace krane::client
