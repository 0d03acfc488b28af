// Every limit on what a client may send, and on how long it may take.
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "test_client.hpp"

namespace krane::http::test {
namespace {

using namespace std::chrono_literals;

limits short_times() {
  limits lim;
  lim.header_time = 150ms;
  lim.body_time = 150ms;
  lim.idle = 150ms;
  lim.write = 150ms;
  return lim;
}

coroutine<reply> answer_big(request&) {
  co_return text(200, std::string(64 * 1024 * 1024, 'x'));
}

std::string fields(int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += fmt::format("X-{}: y\r\n", i);
  return all;
}

TEST(http_limits, allow_a_hundred_header_fields_and_no_more) {
  running_server server(echo);
  EXPECT_EQ(server.ask("GET / HTTP/1.1\r\nHost: h\r\n" + fields(99) + "\r\n").status, 200);
  auto const a = server.ask("GET / HTTP/1.1\r\nHost: h\r\n" + fields(100) + "\r\n");
  EXPECT_EQ(a.status, 431);
  EXPECT_NE(a.body.find("too_many_header_fields"), std::string::npos);
}

TEST(http_limits, allow_16_kib_of_header_and_no_more) {
  running_server server(echo);
  std::string const before = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  std::size_t const rest = 16 * 1024 - before.size() - 4;
  EXPECT_EQ(server.ask(before + std::string(rest, 'x') + "\r\n\r\n").status, 200);
  EXPECT_EQ(server.ask(before + std::string(rest + 1, 'x') + "\r\n\r\n").status, 431);
  EXPECT_EQ(server.ask(before + std::string(100'000, 'x')).status, 431) << "before its end has come";
}

TEST(http_limits, refuse_a_target_that_is_too_long) {
  running_server server(echo);
  EXPECT_EQ(server.ask("GET /" + std::string(8'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n").status, 200);
  EXPECT_EQ(server.ask("GET /" + std::string(9'000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n").status, 414);
  EXPECT_EQ(server.ask("GET /" + std::string(60'000, 'x')).status, 414);
}

TEST(http_limits, refuse_a_body_that_is_too_long_before_it_has_come) {
  running_server server(echo);
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 413);
  EXPECT_TRUE(client.is_closed());
}

TEST(http_limits, show_the_refusal_to_a_client_that_sends_its_long_body_first) {
  running_server server(echo);
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1200000\r\n\r\n" + std::string(200'000, 'x'));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST(http_limits, allow_a_body_of_1_mib_and_refuse_more_of_it_in_chunks) {
  running_server server(echo);
  std::string const mib(1024 * 1024, 'x');
  EXPECT_EQ(server.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n" + mib).status, 200);
  std::string const chunked =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + mib + "\r\n";
  EXPECT_EQ(server.ask(chunked + "0\r\n\r\n").status, 200);
  EXPECT_EQ(server.ask(chunked + "1\r\nx\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(server.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n").status, 413);
}

TEST(http_limits, end_a_header_that_does_not_come_in_time) {
  running_server server(echo, short_times());
  auto client = server.connect();
  auto const a = client.send("GET / HTTP/1.1\r\nHost:").read_answer();
  EXPECT_EQ(a.status, 408);
  EXPECT_TRUE(client.is_closed());
}

TEST(http_limits, count_the_time_of_a_header_from_its_first_byte_however_busily_it_drips) {
  running_server server(echo, short_times());
  auto client = server.connect();
  auto const began = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nX: ");
  pollfd answered{client.fd(), POLLIN, 0};
  while (poll(&answered, 1, 5) == 0) client.send("x");
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(http_limits, end_a_body_that_does_not_come_in_time) {
  running_server server(echo, short_times());
  for (std::string const how : {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    auto client = server.connect();
    EXPECT_EQ(client.send("POST / HTTP/1.1\r\nHost: h\r\n" + how).read_answer().status, 408);
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(http_limits, close_a_connection_that_says_nothing_without_a_word) {
  running_server server(echo, short_times());
  EXPECT_EQ(server.connect().read_to_end(), "");
  auto used = server.connect();
  used.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
  EXPECT_EQ(used.read_to_end(), "");
}

TEST(http_limits, cut_a_client_that_does_not_read_its_answer) {
  running_server server(answer_big, short_times());
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.read_until("\r\n\r\n");
  pollfd cut{client.fd(), POLLRDHUP, 0};
  EXPECT_EQ(poll(&cut, 1, 10'000), 1) << "the server has not closed";
  EXPECT_LT(client.read_to_end().size(), 64U * 1024 * 1024);
}

TEST(http_limits, let_a_slow_reader_have_a_big_answer_while_it_goes_on_reading) {
  limits lim = short_times();
  lim.write = 2s;
  running_server server(answer_big, lim);
  test_client client(server.port(), 64 * 1024);
  auto const a = client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").read_answer();
  EXPECT_EQ(a.body.size(), 64U * 1024 * 1024);
}

TEST(http_limits, keep_serving_a_good_client_among_a_thousand_slow_ones) {
  running_server server(echo);
  std::vector<test_client> slow;
  for (int i = 0; i < 1000; ++i) slow.push_back(std::move(server.connect().send("GET / HTTP/1.1\r\nHost: h\r\nX")));
  auto good = server.connect();
  std::vector<std::chrono::steady_clock::duration> took;
  for (int i = 0; i < 200; ++i) {
    auto const began = std::chrono::steady_clock::now();
    EXPECT_EQ(good.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").read_answer().status, 200);
    took.push_back(std::chrono::steady_clock::now() - began);
    for (std::size_t j = static_cast<std::size_t>(i) % 10; j < slow.size(); j += 10) slow[j].send("x");
  }
  std::ranges::sort(took);
  EXPECT_LT(took[took.size() * 99 / 100], 100ms);
}

TEST(http_limits, let_new_connections_wait_while_too_many_are_open) {
  limits lim;
  lim.connections = 2;
  running_server server(echo, lim);
  auto first = server.connect();
  auto second = server.connect();
  std::string const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  first.send(get).read_answer();
  second.send(get).read_answer();
  auto third = server.connect();
  third.send(get);
  EXPECT_EQ(second.send(get).read_answer().status, 200);
  EXPECT_FALSE(third.has_input()) << "the third is not served while two are open";
  {
    auto const gone = std::move(first);
  }
  EXPECT_EQ(third.read_answer().status, 200);
}

TEST(http_limits, pause_accepting_without_spinning_while_the_system_has_no_descriptors) {
  running_server server(echo);
  auto open = server.connect();
  std::string const get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  open.send(get).read_answer();
  // Made before the limit, so that only the server's accept() needs a new descriptor.
  int const waiting = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit const none{static_cast<rlim_t>(waiting), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  test_client late = test_client::connect_with(waiting, server.port());
  late.send(get);
  rusage began{};
  getrusage(RUSAGE_SELF, &began);
  auto const until = std::chrono::steady_clock::now() + 400ms;
  int served = 0;
  while (std::chrono::steady_clock::now() < until) {
    EXPECT_EQ(open.send(get).read_answer().status, 200);
    ++served;
    poll(nullptr, 0, 20);
  }
  rusage ended{};
  getrusage(RUSAGE_SELF, &ended);
  EXPECT_FALSE(late.has_input());
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(late.read_answer().status, 200);
  EXPECT_GT(served, 5);
  auto const cpu = [](rusage const& u) {
    return std::chrono::seconds(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           std::chrono::microseconds(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
  };
  EXPECT_LT(cpu(ended) - cpu(began), 200ms);
}

}  // namespace
}  // namespace krane::http::test
