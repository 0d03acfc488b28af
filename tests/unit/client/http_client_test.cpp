#include "client/http_client.hpp"

#include <gmock/gmock.h>

#include "client/reason.hpp"
#include "raw_server.hpp"
#include "support/run_coroutine.hpp"
#include "support/temp_folder.hpp"

namespace krane::client {
namespace {

using namespace std::chrono_literals;
using test::http_answer;
using test::run_coroutine;
using testing::HasSubstr;
using testing::StartsWith;

class http_client_test : public testing::Test {
protected:
  result<whole_answer> call(http_client& by, std::string method = "GET", std::string target = "/x",
                            std::string body = {}) {
    return run_coroutine(loop,
                         by.call({.method = std::move(method), .target = std::move(target), .body = std::move(body)}));
  }
  asio::io_context loop{1};
  test::raw_server server{loop};
};

TEST_F(http_client_test, sends_what_is_asked_and_keeps_the_connection) {
  http_client client(server.where(), {});
  server.answer(http_answer(200, "{}"));
  server.answer(http_answer(201, "{\"a\":1}"));
  auto const first = call(client);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->head.status, 200);
  auto const second = call(client, "POST", "/y?z=1", "{\"b\":2}");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->head.status, 201);
  EXPECT_EQ(second->body, "{\"a\":1}");
  EXPECT_EQ(server.connections(), 1);
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_THAT(server.requests()[0], StartsWith("GET /x HTTP/1.1\r\nHost: " + server.where().authority() + "\r\n"));
  EXPECT_THAT(server.requests()[1], StartsWith("POST /y?z=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests()[1], HasSubstr("Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"b\":2}"));
}

TEST_F(http_client_test, asks_again_where_the_kept_connection_was_closed) {
  http_client client(server.where(), {});
  server.answer(http_answer(200, "1"), true);
  server.answer(http_answer(200, "2"));
  EXPECT_TRUE(call(client));
  auto const again = call(client);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->body, "2");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(http_client_test, never_repeats_what_changes_something) {
  http_client client(server.where(), {});
  server.answer(http_answer(200, "1"));
  server.answer("", true);
  EXPECT_TRUE(call(client));
  auto const lost = call(client, "POST");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().reason, reason::connection_lost);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(http_client_test, reads_bodies_in_chunks_and_to_the_end_of_the_connection) {
  http_client client(server.where(), {});
  server.answer(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\nTrailer: z\r\n\r\n");
  server.answer("HTTP/1.1 200 OK\r\n\r\nuntil the end", true);
  EXPECT_EQ(call(client)->body, "abcdefg");
  EXPECT_EQ(call(client)->body, "until the end");
  EXPECT_EQ(server.connections(), 1);
  server.answer("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(call(client)->body, "");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(http_client_test, says_that_an_answer_was_cut) {
  for (std::string const answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "HTTP/1.1 200 OK\r\nConten",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", ""}) {
    http_client client(server.where(), {});
    server.answer(answer, true);
    auto const cut = call(client);
    ASSERT_FALSE(cut) << answer;
    EXPECT_EQ(cut.error().reason, reason::connection_lost) << answer;
    EXPECT_THAT(cut.error().message, StartsWith("the connection to " + server.where().text() + " was lost: "));
  }
}

TEST_F(http_client_test, says_that_what_answers_does_not_speak_http) {
  http_client client(server.where(), {});
  server.answer("SSH-2.0-OpenSSH_9.2\r\n", true);
  auto const ssh = call(client);
  ASSERT_FALSE(ssh);
  EXPECT_EQ(ssh.error().reason, reason::not_krane);
  EXPECT_THAT(ssh.error().message, HasSubstr("does not speak HTTP; is it the right port?"));
  server.answer(std::string("\x15\x03\x01\x00\x02\x02\x16", 7), true);
  EXPECT_THAT(call(client).error().message, HasSubstr("speaks TLS; write https://"));
}

TEST_F(http_client_test, gives_up_when_there_is_no_answer) {
  http_client client(server.where(), {.answer = 50ms});
  auto const late = call(client);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, errc::timed_out);
  EXPECT_THAT(late.error().message, HasSubstr("did not answer within"));
}

TEST_F(http_client_test, reaches_a_unix_socket) {
  test::temp_folder folder;
  test::raw_server there(loop, folder / "krane.sock");
  there.answer(http_answer(200, "here"));
  http_client client(there.where(), {});
  auto const answer = call(client);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "here");
  EXPECT_THAT(there.requests()[0], HasSubstr("Host: localhost\r\n"));
}

TEST_F(http_client_test, says_why_nobody_can_be_reached) {
  test::temp_folder folder;
  std::uint16_t const closed_port = test::raw_server(loop).where().port;
  for (auto const& [where, says] : std::vector<std::pair<std::string, std::string>>{
           {"http://127.0.0.1:" + std::to_string(closed_port), "connection refused"},
           {"http://no-such-host.invalid:1", "the name \"no-such-host.invalid\" leads nowhere"},
           {"unix://" + (folder / "none.sock"), "there is no such socket"},
       }) {
    http_client client(*parse_endpoint(where), {});
    auto const failed = call(client);
    ASSERT_FALSE(failed) << where;
    EXPECT_EQ(failed.error().reason, reason::unreachable) << where;
    EXPECT_TRUE(is_unreachable(failed.error()));
    EXPECT_THAT(failed.error().message, StartsWith("no krane server can be reached at " + where + ": " + says));
  }
}

}  // namespace
}  // namespace krane::client
