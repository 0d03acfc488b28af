// Bodies without an end.
#include <poll.h>
#include <atomic>

#include "base/async.hpp"
#include "test_client.hpp"

namespace krane::http::test {
namespace {

using namespace std::chrono_literals;

std::atomic<int> ended = 0;
std::atomic<int> cancelled = 0;
std::string last_failure;

constexpr char const* get_events = "GET /events HTTP/1.1\r\nHost: h\r\n\r\n";

coroutine<void> say_three(body_writer& out) {
  for (int i = 1; i <= 3; ++i)
    if (!co_await out.write("data: " + std::to_string(i) + "\n\n")) co_return;
}

coroutine<void> say_one_and_wait(body_writer& out) {
  if (auto sent = co_await out.write("data: 1\n\n"); !sent) co_return;
  co_await out.closed();
  if (auto late = co_await out.write("data: 2\n\n"); !late) last_failure = late.error().reason;
  ++ended;
}

coroutine<void> wait_without_looking(body_writer& out) {
  struct on_exit {
    ~on_exit() { ++cancelled; }
  } const counted;
  if (auto sent = co_await out.write("data: 1\n\n"); !sent) co_return;
  co_await sleep_for(1h);
}

coroutine<void> write_without_end(body_writer& out) {
  for (;;) {
    if (auto sent = co_await out.write(std::string(100'000, 'x')); !sent) {
      last_failure = sent.error().reason;
      ++ended;
      co_return;
    }
  }
}

coroutine<void> fail_after_one(body_writer& out) {
  if (auto sent = co_await out.write("data: 1\n\n"); !sent) co_return;
  throw std::runtime_error("broken");
}

coroutine<reply> answer_by_path(request& req) {
  stream_response r;
  if (req.path == "/events") r.produce = say_three;
  if (req.path == "/wait") r.produce = say_one_and_wait;
  if (req.path == "/blind") r.produce = wait_without_looking;
  if (req.path == "/endless") r.produce = write_without_end;
  if (req.path == "/fail") r.produce = fail_after_one;
  if (req.path == "/plain") {
    r.content_type = "text/plain";
    r.produce = say_one_and_wait;
  }
  co_return r;
}

class event_stream : public testing::Test {
protected:
  void SetUp() override {
    ended = 0;
    cancelled = 0;
    last_failure.clear();
  }
};

TEST_F(event_stream, sends_each_write_at_once_as_a_chunk) {
  running_server server(answer_by_path);
  auto client = server.connect();
  auto const a = client.send(get_events).read_answer();
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(a.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(client.read_to_end(), "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n9\r\ndata: 3\n\n\r\n0\r\n\r\n");
}

TEST_F(event_stream, sends_http_1_0_clients_bare_bytes) {
  running_server server(answer_by_path);
  auto client = server.connect();
  auto const a = client.send("GET /events HTTP/1.0\r\n\r\n").read_answer();
  EXPECT_EQ(a.header("Transfer-Encoding"), "");
  EXPECT_EQ(client.read_to_end(), "data: 1\n\ndata: 2\n\ndata: 3\n\n");
}

TEST_F(event_stream, answers_head_with_the_header_alone) {
  running_server server(answer_by_path);
  auto client = server.connect();
  EXPECT_EQ(client.send("HEAD /wait HTTP/1.1\r\nHost: h\r\n\r\n").read_answer(false).status, 200);
  EXPECT_TRUE(client.is_closed());
}

TEST_F(event_stream, notices_at_once_that_the_client_has_gone) {
  running_server server(answer_by_path);
  {
    auto client = server.connect();
    client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n").read_until("data: 1");
  }
  wait_until([] { return ended == 1; }, "the producer has seen the end");
  EXPECT_EQ(last_failure, "client_gone");
}

TEST_F(event_stream, cancels_a_producer_that_does_not_look_when_the_client_has_gone) {
  running_server server(answer_by_path);
  {
    auto client = server.connect();
    client.send("GET /blind HTTP/1.1\r\nHost: h\r\n\r\n").read_until("data: 1");
  }
  wait_until([] { return cancelled == 1; }, "the producer was cancelled");
}

TEST_F(event_stream, ends_when_the_client_does_not_read_in_time) {
  limits lim;
  lim.write = 100ms;
  running_server server(answer_by_path, lim);
  auto client = server.connect();
  client.send("GET /endless HTTP/1.1\r\nHost: h\r\n\r\n").read_until("\r\n\r\n");
  wait_until([] { return ended == 1; }, "the producer has seen the end");
  EXPECT_EQ(last_failure, "client_too_slow");
  pollfd cut{client.fd(), POLLRDHUP, 0};
  EXPECT_EQ(poll(&cut, 1, 10'000), 1);
}

TEST_F(event_stream, does_not_look_whole_when_its_producer_failed) {
  running_server server(answer_by_path);
  auto client = server.connect();
  client.send("GET /fail HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
  EXPECT_EQ(client.read_to_end(), "9\r\ndata: 1\n\n\r\n");
}

TEST_F(event_stream, says_that_the_server_stops) {
  running_server server(answer_by_path);
  auto events = server.connect();
  events.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n").read_until("data: 1\n\n\r\n");
  auto plain = server.connect();
  plain.send("GET /plain HTTP/1.1\r\nHost: h\r\n\r\n").read_until("data: 1\n\n\r\n");
  EXPECT_LT(server.stop(10s), 5s);
  EXPECT_EQ(events.read_to_end(), "16\r\n: server is stopping\n\n\r\n0\r\n\r\n");
  EXPECT_EQ(plain.read_to_end(), "") << "a body that is cut short must not look whole";
  EXPECT_EQ(ended, 2);
  EXPECT_EQ(last_failure, "server_stopping");
}

TEST_F(event_stream, stops_though_its_producer_does_not_look) {
  running_server server(answer_by_path);
  auto client = server.connect();
  client.send("GET /blind HTTP/1.1\r\nHost: h\r\n\r\n").read_until("data: 1\n\n\r\n");
  EXPECT_LT(server.stop(10s), 5s);
  EXPECT_EQ(client.read_to_end(), "16\r\n: server is stopping\n\n\r\n0\r\n\r\n");
  EXPECT_EQ(cancelled, 1);
}

}  // namespace
}  // namespace krane::http::test
