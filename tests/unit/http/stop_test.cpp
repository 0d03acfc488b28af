// The server's beginning and end: where it listens, and what becomes of each connection when it stops.
#include <poll.h>

#include <atomic>

#include "base/async.hpp"
#include "base/log.hpp"
#include "test_client.hpp"

namespace krane::http::test {
namespace {

using namespace std::chrono_literals;

std::atomic<int> waiting = 0;
std::atomic<bool> may_answer = false;

coroutine<reply> answer_when_told(request& req) {
  ++waiting;
  while (!may_answer && req.path != "/never") co_await sleep_for(1ms);
  while (req.path == "/never") co_await sleep_for(1h);
  co_return text(200, "done");
}

coroutine<reply> answer_big(request&) {
  co_return text(200, std::string(64 * 1024 * 1024, 'x'));
}

coroutine<reply> fail(request&) {
  throw std::runtime_error("broken");
  co_return response{};
}

class stopping_server : public testing::Test {
protected:
  void SetUp() override {
    waiting = 0;
    may_answer = false;
  }
};

std::string const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// A refused connection, or one that ends unserved.
bool is_refused(std::uint16_t port) {
  try {
    return test_client(port).is_closed();
  } catch (std::system_error const&) {
    return true;
  }
}

TEST_F(stopping_server, closes_idle_connections_at_once_and_accepts_no_more) {
  running_server server(echo);
  auto idle = server.connect();
  idle.send(get).read_answer();
  auto fresh = server.connect();
  EXPECT_LT(server.stop(10s), 2s);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_TRUE(fresh.is_closed());
  EXPECT_TRUE(is_refused(server.port()));
}

TEST_F(stopping_server, lets_a_request_under_way_finish) {
  running_server server(answer_when_told);
  auto client = server.connect();
  client.send(get);
  wait_until([] { return waiting == 1; }, "the handler has the request");
  server.start_to_stop(10s);
  wait_until([&] { return is_refused(server.port()); }, "no connection is accepted");
  EXPECT_FALSE(server.has_stopped());
  may_answer = true;
  auto const a = client.read_answer();
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.header("Connection"), "close");
  EXPECT_TRUE(client.is_closed());
  server.wait_until_stopped();
}

TEST_F(stopping_server, lets_a_request_that_is_still_coming_finish) {
  running_server server(echo);
  auto client = server.connect();
  client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo").send("");
  auto other = server.connect();
  // The server takes its connections in turn: once this is answered, it has the other's bytes.
  other.send(get).read_answer();
  other.send(get).read_answer();
  server.start_to_stop(10s);
  wait_until([&] { return is_refused(server.port()); }, "no connection is accepted");
  EXPECT_EQ(client.send("dy").read_answer().body, "POST /p||-|body");
  server.wait_until_stopped();
}

TEST_F(stopping_server, serves_no_second_request_of_a_pipeline) {
  running_server server(answer_when_told);
  auto client = server.connect();
  client.send(get + get);
  wait_until([] { return waiting == 1; }, "the handler has the request");
  server.start_to_stop(10s);
  wait_until([&] { return is_refused(server.port()); }, "no connection is accepted");
  may_answer = true;
  EXPECT_EQ(client.read_answer().header("Connection"), "close");
  server.wait_until_stopped();
  EXPECT_EQ(waiting, 1);
}

TEST_F(stopping_server, cuts_what_has_not_ended_after_the_grace) {
  running_server server(answer_when_told);
  auto client = server.connect();
  client.send("GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
  auto half = server.connect();
  half.send("GET / HTTP/1.1\r\nHo");
  wait_until([] { return waiting == 1; }, "the handler has the request");
  auto const took = server.stop(100ms);
  EXPECT_GE(took, 90ms);
  EXPECT_LT(took, 5s);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(half.read_to_end(), "");
}

TEST_F(stopping_server, cuts_an_answer_that_its_client_does_not_read) {
  running_server server(answer_big);
  auto client = server.connect();
  client.send(get).read_until("\r\n\r\n");
  EXPECT_LT(server.stop(100ms), 5s);
  EXPECT_LT(client.read_to_end().size(), 64U * 1024 * 1024);
}

TEST_F(stopping_server, does_not_wait_for_a_refused_client_that_goes_on_sending) {
  running_server server(echo);
  auto client = server.connect();
  EXPECT_EQ(client.send("nonsense\r\n\r\n").read_answer().status, 400);
  EXPECT_LT(server.stop(10s), 900ms);
}

TEST_F(stopping_server, may_be_stopped_before_anyone_came) {
  running_server server(echo);
  EXPECT_LT(server.stop(10s), 2s);
}

result<std::unique_ptr<server>> listen(asio::io_context& loop, std::string const& address, std::uint16_t port) {
  return make_server(loop.get_executor(), address, port, {}, echo, plain_error);
}

TEST(listening, says_which_address_and_port_are_in_use) {
  asio::io_context loop;
  auto const first = listen(loop, "127.0.0.1", 0);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_NE((*first)->port(), 0);
  auto const second = listen(loop, "127.0.0.1", (*first)->port());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::conflict);
  EXPECT_EQ(second.error().reason, "port_in_use");
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string((*first)->port())), std::string::npos);
}

TEST(listening, refuses_what_is_no_address_of_this_machine) {
  asio::io_context loop;
  for (std::string const address : {"", "nonsense", "127.0.0.1:80", "256.0.0.1", "192.0.2.1", "2001:db8::1"}) {
    auto const refused = listen(loop, address, 0);
    ASSERT_FALSE(refused) << address;
    EXPECT_EQ(refused.error().code, errc::invalid) << address;
    EXPECT_NE(refused.error().message.find(address), std::string::npos) << refused.error().message;
  }
}

TEST(listening, takes_ipv6_addresses_with_and_without_brackets) {
  asio::io_context loop;
  auto const plain = listen(loop, "::1", 0);
  if (!plain && plain.error().message.find("no such address") != std::string::npos) GTEST_SKIP() << "no IPv6 here";
  EXPECT_TRUE(plain);
  EXPECT_TRUE(listen(loop, "[::1]", 0));
}

TEST(listening, works_again_at_once_on_a_port_that_was_just_left) {
  asio::io_context loop;
  std::uint16_t port = 0;
  {
    running_server server(echo);
    port = server.port();
    auto client = server.connect();
    client.send(get).read_answer();
  }
  EXPECT_TRUE(listen(loop, "127.0.0.1", port));
}

TEST(request_log, names_the_request_and_keeps_its_secrets) {
  log::set_level(log::level::debug);
  testing::internal::CaptureStderr();
  {
    running_server server(echo);
    server.ask(
        "GET /deployments/a?access_token=krs_secret HTTP/1.1\r\nHost: h\r\nX-Request-Id: abc\r\n"
        "Authorization: Bearer krs_secret\r\n\r\n");
    running_server broken(fail);
    broken.ask("GET /x HTTP/1.1\r\nHost: h\r\nX-Request-Id: def\r\n\r\n");
  }
  log::flush();
  auto const text = testing::internal::GetCapturedStderr();
  log::set_level(log::level::info);
  EXPECT_NE(text.find("debug http: GET /deployments/a 200 "), std::string::npos) << text;
  EXPECT_NE(text.find("ms abc"), std::string::npos) << text;
  EXPECT_NE(text.find("info http: GET /x 500 "), std::string::npos) << text;
  EXPECT_EQ(text.find("krs_secret"), std::string::npos) << text;
}

}  // namespace
}  // namespace krane::http::test
