// WebSocket as a client sees it, byte by byte.
#include <poll.h>
#include <atomic>

#include "base/async.hpp"
#include "test_client.hpp"

namespace krane::http::test {
namespace {

using namespace std::chrono_literals;

std::atomic<int> ended = 0;
std::string last_failure;

std::string handshake(std::string const& path, std::string const& more = {}) {
  return "GET " + path +
         " HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more + "\r\n";
}

// A client's frame: masked, with a first byte of the test's own.
std::string frame(unsigned char first, std::string_view payload) {
  std::string bytes(1, static_cast<char>(first));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() <= 0xFFFF) {
    bytes += static_cast<char>(0xFE);
    bytes += static_cast<char>(payload.size() >> 8);
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += static_cast<char>(0xFF);
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
  }
  constexpr std::string_view mask = "\x11\x22\x33\x44";
  bytes += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

std::string close_payload(int code, std::string_view reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code)}.append(reason);
}

std::string server_close(int code, std::string_view reason = {}) {
  auto const payload = close_payload(code, reason);
  return std::string{'\x88', static_cast<char>(payload.size())} + payload;
}

std::vector<std::shared_ptr<std::string const>> messages(std::initializer_list<std::string> texts) {
  std::vector<std::shared_ptr<std::string const>> all;
  for (auto const& one : texts) all.push_back(std::make_shared<std::string const>(one));
  return all;
}

coroutine<void> wait_for_end(web_socket& ws) {
  co_await ws.closed();
  if (auto late = co_await ws.send(messages({"late"})); !late) last_failure = late.error().reason;
  ++ended;
}

coroutine<void> send_some(web_socket& ws) {
  std::string const big(70'000, 'b');
  if (auto sent = co_await ws.send(messages({"one", "", std::string(200, 'm'), big, "last"})); !sent) co_return;
  co_await ws.close(1013, "too slow");
  // After a close nothing more goes out.
  if (auto sent = co_await ws.send(messages({"never"})); sent) ++ended;
}

coroutine<void> send_and_return(web_socket& ws) {
  if (auto sent = co_await ws.send(messages({"one"})); !sent) co_return;
}

coroutine<void> send_without_end(web_socket& ws) {
  auto const batch = messages({std::string(1'000, 'x'), std::string(50'000, 'y')});
  for (;;) {
    if (auto sent = co_await ws.send(batch); !sent) {
      last_failure = sent.error().reason;
      co_await ws.close(1013, "too slow");
      ++ended;
      co_return;
    }
  }
}

coroutine<void> fail(web_socket&) {
  throw std::runtime_error("broken");
  co_return;
}

coroutine<void> sleep_long(web_socket&) {
  co_await sleep_for(1h);
}

coroutine<reply> answer_by_path(request& req) {
  if (!req.wants_websocket) co_return text(200, "plain");
  websocket_response r;
  r.serve = wait_for_end;
  if (req.path == "/send") r.serve = send_some;
  if (req.path == "/return") r.serve = send_and_return;
  if (req.path == "/endless") r.serve = send_without_end;
  if (req.path == "/fail") r.serve = fail;
  if (req.path == "/sleep") r.serve = sleep_long;
  if (auto const wanted = req.headers.find("Sec-WebSocket-Protocol")) r.subprotocol = std::string(*wanted);
  co_return r;
}

coroutine<reply> always_websocket(request&) {
  websocket_response r;
  r.serve = wait_for_end;
  co_return r;
}

class websocket : public testing::Test {
protected:
  void SetUp() override {
    ended = 0;
    last_failure.clear();
  }
  static test_client open(running_server const& server, std::string const& path) {
    auto client = server.connect();
    EXPECT_EQ(client.send(handshake(path)).read_answer().status, 101);
    return client;
  }
};

TEST_F(websocket, answers_the_handshake) {
  running_server server(answer_by_path);
  auto client = server.connect();
  auto const a = client.send(handshake("/", "Sec-WebSocket-Protocol: bearer.x\r\n")).read_answer();
  EXPECT_EQ(a.status, 101);
  EXPECT_EQ(a.header("Upgrade"), "websocket");
  EXPECT_EQ(a.header("Connection"), "Upgrade");
  EXPECT_EQ(a.header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(a.header("Sec-WebSocket-Protocol"), "bearer.x");
  EXPECT_EQ(a.header("Content-Length"), "");
}

TEST_F(websocket, is_not_opened_for_a_plain_request) {
  running_server server(always_websocket);
  EXPECT_EQ(server.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 426);
}

TEST_F(websocket, sends_each_message_as_one_frame_and_nothing_after_its_close) {
  running_server server(answer_by_path);
  auto client = open(server, "/send");
  EXPECT_EQ(client.read_bytes(5), "\x81\x03one");
  EXPECT_EQ(client.read_bytes(2), std::string("\x81\x00", 2));
  EXPECT_EQ(client.read_bytes(204), std::string("\x81\x7E\x00\xC8", 4) + std::string(200, 'm'));
  EXPECT_EQ(client.read_bytes(70'010), std::string("\x81\x7F\0\0\0\0\0\x01\x11\x70", 10) + std::string(70'000, 'b'));
  EXPECT_EQ(client.read_bytes(6), "\x81\x04last");
  EXPECT_EQ(client.send(frame(0x88, close_payload(1013))).read_to_end(), server_close(1013, "too slow"));
  EXPECT_EQ(ended, 0);
}

TEST_F(websocket, closes_normally_when_the_handler_returns) {
  running_server server(answer_by_path);
  auto client = open(server, "/return");
  EXPECT_EQ(client.read_bytes(9), "\x81\x03one" + server_close(1000));
  EXPECT_EQ(client.send(frame(0x88, {})).read_to_end(), "");
}

TEST_F(websocket, says_that_the_handler_failed) {
  running_server server(answer_by_path);
  auto client = open(server, "/fail");
  EXPECT_EQ(client.read_bytes(4), server_close(1011, "the server failed").substr(0, 4));
}

TEST_F(websocket, does_not_wait_for_long_for_a_client_that_does_not_answer_the_close) {
  running_server server(answer_by_path);
  auto client = open(server, "/return");
  auto const began = std::chrono::steady_clock::now();
  client.read_to_end();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 8s);
}

TEST_F(websocket, answers_pings_and_drops_messages) {
  running_server server(answer_by_path);
  auto client = open(server, "/");
  client.send(frame(0x81, "dropped") + frame(0x89, "hello") + frame(0x8A, "unasked") + frame(0x82, "dropped") +
              frame(0x89, {}));
  EXPECT_EQ(client.read_bytes(7), "\x8A\x05hello");
  EXPECT_EQ(client.read_bytes(2), std::string("\x8A\x00", 2));
}

TEST_F(websocket, takes_frames_that_come_with_the_handshake_or_byte_by_byte) {
  running_server server(answer_by_path);
  auto client = server.connect();
  client.send(handshake("/") + frame(0x89, "early")).read_answer();
  EXPECT_EQ(client.read_bytes(7),
            "\x8A\x05"
            "early");
  std::string const bytes = frame(0x81, std::string(300, 'x')) + frame(0x89, "late");
  for (char const& c : bytes) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.read_bytes(6), "\x8A\x04late");
}

TEST_F(websocket, takes_pings_between_the_parts_of_a_message) {
  running_server server(answer_by_path);
  auto client = open(server, "/");
  client.send(frame(0x01, "a") + frame(0x89, "1") + frame(0x00, "b") + frame(0x89, "2") + frame(0x80, "c") +
              frame(0x81, "next") + frame(0x89, "3"));
  EXPECT_EQ(client.read_bytes(9),
            "\x8A\x01"
            "1\x8A\x01"
            "2\x8A\x01"
            "3");
}

TEST_F(websocket, answers_the_clients_close_and_tells_the_handler_at_once) {
  running_server server(answer_by_path);
  auto client = open(server, "/");
  client.send(frame(0x88, close_payload(1001, "bye")));
  EXPECT_EQ(client.read_to_end(), server_close(1001));
  wait_until([] { return ended == 1; }, "the handler has seen the end");
  EXPECT_EQ(last_failure, "client_gone");
}

TEST_F(websocket, tells_the_handler_at_once_when_the_client_vanishes) {
  running_server server(answer_by_path);
  {
    auto client = open(server, "/");
  }
  wait_until([] { return ended == 1; }, "the handler has seen the end");
}

TEST_F(websocket, cancels_a_handler_that_does_not_look) {
  running_server server(answer_by_path);
  auto client = open(server, "/sleep");
  client.send(frame(0x88, {}));
  EXPECT_EQ(client.read_to_end(), std::string("\x88\x00", 2));
}

TEST_F(websocket, refuses_what_the_protocol_forbids) {
  struct violation {
    char const* what;
    std::string bytes;
    int code = 1002;
  };
  std::string unmasked = frame(0x81, "x");
  unmasked[1] = 1;
  std::vector<violation> const violations{
      {"an unmasked frame", unmasked},
      {"a reserved bit", frame(0xC1, "x")},
      {"an unknown data frame", frame(0x83, "x")},
      {"an unknown control frame", frame(0x8B, "x")},
      {"a ping in parts", frame(0x09, "x")},
      {"a close in parts", frame(0x08, close_payload(1000))},
      {"a ping that is too long", frame(0x89, std::string(126, 'x'))},
      {"a part of no message", frame(0x80, "x")},
      {"a message within a message", frame(0x01, "x") + frame(0x81, "y")},
      {"a close with half a code", frame(0x88, "\x03")},
      {"a close with a code that must not be sent", frame(0x88, close_payload(1005))},
      {"a close with an unknown code", frame(0x88, close_payload(2000))},
      {"a close with a reason that is not UTF-8", frame(0x88, close_payload(1000, "\xFF")), 1007},
      {"a length that could be shorter", std::string("\x81\xFE\x00\x05", 4) + "mask"},
      {"a length that could be much shorter", std::string("\x81\xFF\0\0\0\0\0\0\xFF\xFF", 10) + "mask"},
      {"a length beyond 63 bits", std::string("\x81\xFF\xFF\0\0\0\0\0\0\0", 10) + "mask"},
      {"a message over 64 KiB", frame(0x81, std::string(65'537, 'x')), 1009},
      {"a message over 64 KiB in parts", frame(0x01, std::string(65'536, 'x')) + frame(0x80, "x"), 1009},
  };
  running_server server(answer_by_path);
  for (auto const& bad : violations) {
    SCOPED_TRACE(bad.what);
    auto client = open(server, "/");
    client.send(bad.bytes);
    EXPECT_EQ(client.read_to_end(), server_close(bad.code));
  }
}

TEST_F(websocket, allows_a_message_of_64_kib) {
  running_server server(answer_by_path);
  auto client = open(server, "/");
  client.send(frame(0x01, std::string(65'535, 'x')) + frame(0x80, "x") + frame(0x89, "ok"));
  EXPECT_EQ(client.read_bytes(4), "\x8A\x02ok");
}

TEST_F(websocket, pings_and_ends_a_client_that_never_answers) {
  limits lim;
  lim.ping_every = 30ms;
  running_server server(answer_by_path, lim);
  auto client = open(server, "/");
  std::string const ping("\x89\x00", 2);
  EXPECT_EQ(client.read_bytes(2), ping);
  EXPECT_EQ(client.send(frame(0x8A, {})).read_bytes(4), ping + ping);
  client.read_to_end();
  wait_until([] { return ended == 1; }, "the handler has seen the end");
}

TEST_F(websocket, ends_a_client_that_does_not_read_in_time) {
  limits lim;
  lim.write = 100ms;
  running_server server(answer_by_path, lim);
  auto client = open(server, "/endless");
  wait_until([] { return ended == 1; }, "the handler has seen the end");
  EXPECT_EQ(last_failure, "client_too_slow");
  pollfd cut{client.fd(), POLLRDHUP, 0};
  EXPECT_EQ(poll(&cut, 1, 10'000), 1);
}

TEST_F(websocket, says_that_the_server_stops) {
  running_server server(answer_by_path);
  auto looking = open(server, "/");
  auto asleep = open(server, "/sleep");
  server.start_to_stop(10s);
  EXPECT_EQ(looking.read_bytes(22), server_close(1001, "server is stopping"));
  looking.send(frame(0x88, close_payload(1001)));
  EXPECT_EQ(looking.read_to_end(), "");
  EXPECT_EQ(asleep.read_to_end(), server_close(1001, "server is stopping"));
  server.wait_until_stopped();
  EXPECT_EQ(last_failure, "server_stopping");
}

}  // namespace
}  // namespace krane::http::test
