// Well-formed requests and their answers.
#include <stdexcept>

#include "test_client.hpp"

namespace krane::http::test {
namespace {

coroutine<reply> say_host(request& req) {
  co_return text(200, req.path + " " + std::string(*req.headers.find("host")));
}

coroutine<reply> say_address(request& req) {
  co_return text(200, req.remote_address);
}

coroutine<reply> throw_at_bad(request& req) {
  if (req.path == "/bad") throw std::runtime_error("broken");
  co_return text(200, "fine");
}

coroutine<reply> answer_malformed(request&) {
  auto r = text(200, "x");
  r.headers.add("X-Good", "yes");
  r.headers.add("X-Bad", "a\r\nSet-Cookie: b");
  r.headers.add("Content-Length", "99");
  co_return r;
}

coroutine<reply> answer_204(request&) {
  co_return text(204, "not to be seen");
}

TEST(http, answers_a_request_with_the_handlers_reply) {
  running_server server(echo);
  auto const a =
      server.ask("GET /deployments?tag=a%20b&x=1+2&empty HTTP/1.1\r\nHost: localhost\r\nX-Test:  v \r\n\r\n");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "GET /deployments|tag=a b;x=1 2;empty=;|v|");
  EXPECT_EQ(a.header("Content-Type"), "text/plain");
  EXPECT_EQ(a.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(a.header("Cache-Control"), "no-store");
  EXPECT_TRUE(a.header("Date").ends_with(" GMT"));
  EXPECT_EQ(a.header("Date").size(), 29U);
}

TEST(http, serves_many_requests_on_one_connection) {
  running_server server(echo);
  auto client = server.connect();
  for (int i = 0; i < 5; ++i) {
    auto const a = client.send("POST /n HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc").read_answer();
    EXPECT_EQ(a.body, "POST /n||-|abc");
    EXPECT_EQ(a.header("Connection"), "");
  }
}

TEST(http, answers_pipelined_requests_in_order) {
  running_server server(echo);
  auto client = server.connect();
  client.send(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
      "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "GET /1||-|");
  EXPECT_EQ(client.read_answer().body, "POST /2||-|hi");
  EXPECT_EQ(client.read_answer().body, "GET /3||-|");
}

TEST(http, reads_a_request_that_comes_byte_by_byte) {
  running_server server(echo);
  auto client = server.connect();
  for (char const c :
       std::string_view("\r\nPOST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"))
    client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.read_answer().body, "POST /x||-|ab");
}

TEST(http, closes_after_the_answer_when_the_client_wants_that) {
  running_server server(echo);
  auto client = server.connect();
  auto const a = client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").read_answer();
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(http, answers_http_1_0_and_closes) {
  running_server server(echo);
  auto client = server.connect();
  auto const a = client.send("GET /old HTTP/1.0\r\n\r\n").read_answer();
  EXPECT_EQ(a.body, "GET /old||-|");
  EXPECT_EQ(a.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(http, answers_head_as_get_without_the_body) {
  running_server server(echo);
  auto client = server.connect();
  auto const a = client.send("HEAD /abc HTTP/1.1\r\nHost: h\r\n\r\n").read_answer(false);
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.header("Content-Length"), "13");
  // Had a body come, it would stand before this answer.
  EXPECT_EQ(client.send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n").read_answer().body, "GET /next||-|");
}

TEST(http, accepts_a_target_that_is_a_whole_address_and_takes_its_host) {
  running_server server(say_host);
  EXPECT_EQ(server.ask("GET http://krane.example:8080/a?b=c HTTP/1.1\r\nHost: other\r\n\r\n").body,
            "/a krane.example:8080");
  EXPECT_EQ(server.ask("GET http://krane.example HTTP/1.1\r\nHost: other\r\n\r\n").body, "/ krane.example");
}

TEST(http, keeps_a_sane_request_id_and_makes_one_otherwise) {
  running_server server(echo);
  auto const ask = [&](std::string const& id) {
    return server.ask("GET / HTTP/1.1\r\nHost: h\r\nX-Request-Id: " + id + "\r\n\r\n").header("X-Request-Id");
  };
  EXPECT_EQ(ask("abc-1._Z"), "abc-1._Z");
  EXPECT_EQ(ask(std::string(64, 'a')), std::string(64, 'a'));
  for (std::string const& bad : {std::string(65, 'a'), std::string("a b"), std::string("<x>"), std::string()}) {
    auto const made = ask(bad);
    EXPECT_EQ(made.size(), 16U) << bad;
    EXPECT_NE(made, ask(bad));
  }
}

TEST(http, asks_for_the_body_when_the_client_waits_for_that) {
  running_server server(echo);
  auto client = server.connect();
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.send("body").read_answer().body, "POST /p||-|body");
}

TEST(http, reads_chunked_bodies_with_extensions_and_trailers) {
  running_server server(echo);
  auto client = server.connect();
  auto const a = client
                     .send(
                         "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "5;note=x\r\nhello\r\n00A \r\n")
                     .read_answer();
  EXPECT_EQ(a.status, 400) << "a blank after the size without an extension";
  auto const b = server.ask(
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;note=x\r\nhello\r\n00b\r\n wide world\r\n0\r\nTrailer: dropped\r\n\r\n");
  EXPECT_EQ(b.body, "POST /c||-|hello wide world");
}

TEST(http, gives_the_clients_address) {
  running_server server(say_address);
  EXPECT_EQ(server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").body, "127.0.0.1");
}

TEST(http, answers_500_when_the_handler_throws_and_goes_on) {
  running_server server(throw_at_bad);
  auto client = server.connect();
  auto const a = client.send("GET /bad HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
  EXPECT_EQ(a.status, 500);
  EXPECT_EQ(a.body.find("broken"), std::string::npos);
  EXPECT_EQ(client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").read_answer().body, "fine");
}

TEST(http, leaves_out_header_fields_that_would_break_the_answer) {
  running_server server(answer_malformed);
  auto const a = server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(a.header("X-Good"), "yes");
  EXPECT_EQ(a.header("Set-Cookie"), "");
  EXPECT_EQ(a.header("Content-Length"), "1");
}

TEST(http, sends_no_body_with_a_status_that_has_none) {
  running_server server(answer_204);
  auto client = server.connect();
  auto const a = client.send("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
  EXPECT_EQ(a.status, 204);
  EXPECT_EQ(a.header("Content-Length"), "");
  EXPECT_EQ(client.send("DELETE / HTTP/1.1\r\nHost: h\r\n\r\n").read_answer().status, 204);
}

}  // namespace
}  // namespace krane::http::test
