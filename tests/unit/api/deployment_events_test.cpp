// GET /deployments/:name/events and GET /events: history, WebSocket, server-sent events.
#include <algorithm>
#include <boost/json/object.hpp>
#include <list>
#include <set>

#include "api_world.hpp"
#include "base/json.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::make_request;
using test::memory_socket;
using test::memory_writer;

class events_of_ring : public test::api_test {
protected:
  explicit events_of_ring(std::size_t ring_entries, std::size_t keep_events = 5'000)
      : api_test(ring_entries, keep_events) {}
  ~events_of_ring() override {
    // What still runs refers to the sockets of this test.
    for (auto const& one : sockets) one->go_away();
    for (auto const& one : writers) one->go_away();
    becomes([&] { return std::ranges::all_of(streams, &running::ended); });
  }

  http::reply stream(std::string target, test::header_pairs headers) {
    return reply_to(make_request("GET", std::move(target), "", std::move(headers)));
  }
  memory_socket& connect(std::string query = "", test::header_pairs headers = {}) {
    headers.emplace_back("Upgrade", "websocket");
    auto reply = stream("/deployments/app/events" + query, std::move(headers));
    auto const& answer = std::get<http::websocket_response>(reply);
    subprotocol = answer.subprotocol;
    sockets.push_back(std::make_unique<memory_socket>(loop.get_executor()));
    served_by.push_back(answer.serve);
    streams.push_back(begin(served_by.back()(*sockets.back())));
    loop.restart();
    loop.poll();
    return *sockets.back();
  }
  memory_writer& follow(std::string query = "", test::header_pairs headers = {}) {
    headers.emplace_back("Accept", "text/event-stream");
    auto reply = stream(path + query, std::move(headers));
    auto const& answer = std::get<http::stream_response>(reply);
    EXPECT_EQ(answer.content_type, "text/event-stream");
    writers.push_back(std::make_unique<memory_writer>(loop.get_executor()));
    streams.push_back(begin(answer.produce(*writers.back())));
    loop.restart();
    loop.poll();
    return *writers.back();
  }
  static std::vector<std::string> messages(memory_socket const& of) {
    std::vector<std::string> out;
    for (auto const& text : of.messages) out.emplace_back(parse_json(text)->at("Message").as_string());
    return out;
  }
  std::string last_id() const { return std::to_string(ring->last_id()); }

  using strings = std::vector<std::string>;
  std::string path = "/deployments/app/events";  // of follow()
  std::list<std::function<coroutine<void>(http::web_socket&)>> served_by;
  std::list<std::unique_ptr<memory_socket>> sockets;
  std::list<std::unique_ptr<memory_writer>> writers;
  std::vector<std::shared_ptr<running>> streams;
  std::optional<std::string> subprotocol;
};

class events : public events_of_ring {
protected:
  events() : events_of_ring(1'000) { create("app"); }
};
class events_of_a_small_ring : public events_of_ring {
protected:
  events_of_a_small_ring() : events_of_ring(4) { create("app"); }
};

class events_of_a_short_memory : public events_of_ring {
protected:
  events_of_a_short_memory() : events_of_ring(4, 10) { create("app"); }
};

TEST_F(events, of_the_past_are_a_page) {
  append_event("app", "one");
  append_event("app", "two");
  auto const all = ask("GET", "/deployments/app/events").data().as_array();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].at("Message"), "one");
  EXPECT_EQ(all[0].at("Deployment").at("Name"), "app");
  EXPECT_EQ(all[0].at("Deployment").at("Config").at("ContainerPort"), "8080");
  EXPECT_EQ(all[1].at("Message"), "two");
  auto const first = std::to_string(all[0].at("Id").to_number<std::uint64_t>());
  EXPECT_EQ(ask("GET", "/deployments/app/events?since=" + first).data().as_array().size(), 1u);
  EXPECT_EQ(ask("GET", "/deployments/app/events?limit=1").data().at(0).at("Message"), "two");
  EXPECT_EQ(ask("GET", "/deployments/app/events?since=0&limit=1").data().at(0).at("Message"), "one");
  EXPECT_EQ(ask("GET", "/deployments/app/events?since=-1").status, 422);
  EXPECT_EQ(ask("GET", "/deployments/app/events?limit=0").status, 422);
}

TEST_F(events, of_an_unknown_deployment_are_not_found_before_any_upgrade) {
  EXPECT_EQ(ask("GET", "/deployments/none/events", "", {{"Upgrade", "websocket"}}).status, 404);
  EXPECT_EQ(ask("GET", "/deployments/none/events", "", {{"Accept", "text/event-stream"}}).status, 404);
  EXPECT_EQ(ask("GET", "/deployments/none/events").status, 404);
}

TEST_F(events, come_live_over_a_socket_from_now_on) {
  append_event("app", "before");
  auto& socket = connect();
  append_event("app", "one");
  append_event("app", "two");
  EXPECT_TRUE(becomes([&] { return socket.messages.size() == 2; }));
  EXPECT_EQ(messages(socket), (strings{"one", "two"}));
}

TEST_F(events, of_other_deployments_do_not_come) {
  create("other");
  auto& socket = connect();
  append_event("other", "not for you");
  append_event("app", "one");
  EXPECT_TRUE(becomes([&] { return !socket.messages.empty(); }));
  EXPECT_EQ(messages(socket), (strings{"one"}));
}

TEST_F(events, that_were_missed_come_first_without_gap_or_double) {
  append_event("app", "one");
  auto const since = last_id();
  append_event("app", "two");
  append_event("app", "three");
  auto& socket = connect("?since=" + since);
  append_event("app", "four");
  EXPECT_TRUE(becomes([&] { return socket.messages.size() >= 3; }));
  append_event("app", "five");
  EXPECT_TRUE(becomes([&] { return socket.messages.size() >= 4; }));
  EXPECT_EQ(messages(socket), (strings{"two", "three", "four", "five"}));
}

TEST_F(events_of_a_small_ring, that_were_missed_come_from_the_store_when_the_ring_has_lost_them) {
  strings expected;
  for (int i = 0; i < 600; ++i) {
    expected.push_back(std::to_string(i));
    append_event("app", expected.back());
  }
  auto& socket = connect("?since=0");
  EXPECT_TRUE(becomes([&] { return socket.messages.size() >= 600; }));
  append_event("app", "live");
  expected.push_back("live");
  EXPECT_TRUE(becomes([&] { return socket.messages.size() >= 601; }));
  EXPECT_EQ(messages(socket), expected);
  EXPECT_LE(socket.largest_batch, 16u);
}

TEST_F(events_of_a_short_memory, that_are_kept_no_more_are_told_of) {
  for (int i = 0; i < 40; ++i) append_event("app", std::to_string(i));
  auto& socket = connect("?since=0");
  EXPECT_TRUE(becomes([&] { return !socket.messages.empty() && messages(socket).back() == "39"; }));
  auto const all = messages(socket);
  EXPECT_TRUE(all.front().starts_with("Events up to ")) << all.front();
  EXPECT_EQ(std::stoi(all.back()) - std::stoi(all.at(1)) + 2, static_cast<int>(all.size()))
      << "none is missing after it";
  auto const gap = *parse_json(socket.messages.front());
  EXPECT_EQ(gap.at("Phase"), "gap");
  auto& later = connect("?since=" + std::to_string(gap.at("Id").as_int64()));
  EXPECT_TRUE(becomes([&] { return !later.messages.empty() && messages(later).back() == "39"; }));
  EXPECT_EQ(messages(later).size() + 1, all.size()) << "who resumes after the gap is not told of it again";
}

TEST_F(events_of_a_small_ring, come_while_those_before_are_still_being_read) {
  for (int i = 0; i < 20; ++i) append_event("app", "old");
  auto& socket = connect("?since=0");
  for (int i = 0; i < 20; ++i) append_event("app", "new");
  EXPECT_TRUE(becomes([&] { return socket.messages.size() >= 40; }));
  std::set<std::uint64_t> ids;
  std::uint64_t last = 0;
  for (auto const& text : socket.messages) {
    auto const id = parse_json(text)->at("Id").to_number<std::uint64_t>();
    EXPECT_GT(id, last);
    last = id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 40u);
}

TEST_F(events, with_an_id_that_was_never_given_start_from_now) {
  auto& socket = connect("?since=18446744073709551615");
  append_event("app", "one");
  EXPECT_TRUE(becomes([&] { return !socket.messages.empty(); }));
  EXPECT_EQ(ask("GET", "/deployments/app/events?since=18446744073709551616").status, 422);
}

TEST_F(events_of_a_small_ring, do_not_come_to_who_does_not_read_and_it_is_told_where_to_go_on) {
  auto& slow = connect();
  auto& good = connect();
  slow.stalled = true;
  for (int i = 0; i < 300; ++i) {
    append_event("app", std::to_string(i));
    auto const so_far = static_cast<std::size_t>(i) + 1;
    ASSERT_TRUE(becomes([&] { return good.messages.size() == so_far; }));
  }
  slow.go_on();
  EXPECT_TRUE(becomes([&] { return slow.closed_with.has_value(); }));
  EXPECT_EQ(slow.closed_with->first, 1013);
  ASSERT_FALSE(slow.messages.empty());
  auto const last = parse_json(slow.messages.back())->at("Id").to_number<std::uint64_t>();
  EXPECT_EQ(slow.closed_with->second, "too slow; go on with ?since=" + std::to_string(last));
  auto& again = connect("?since=" + std::to_string(last));
  EXPECT_TRUE(becomes([&] { return slow.messages.size() + again.messages.size() == 300; }));
  EXPECT_FALSE(good.closed_with);
}

TEST_F(events_of_a_small_ring, are_not_lost_to_a_quiet_deployment_beside_a_loud_one) {
  create("other");
  auto& socket = connect();
  for (int i = 0; i < 50; ++i) append_event("other", "noise");
  append_event("app", "one");
  EXPECT_TRUE(becomes([&] { return !socket.messages.empty(); }));
  EXPECT_EQ(messages(socket), (strings{"one"}));
  EXPECT_FALSE(socket.closed_with);
}

TEST_F(events, end_with_the_last_one_when_the_deployment_is_deleted) {
  auto& socket = connect();
  auto& writer = follow();
  EXPECT_EQ(ask("DELETE", "/deployments/app").status, 200);
  EXPECT_TRUE(becomes([&] { return socket.closed_with && std::ranges::all_of(streams, &running::ended); }));
  EXPECT_EQ(socket.closed_with->first, 1000);
  EXPECT_EQ(socket.closed_with->second, "deployment deleted");
  EXPECT_FALSE(socket.messages.empty());
  EXPECT_TRUE(writer.text.ends_with("event: end\ndata: deployment deleted\n\n")) << writer.text;
}

TEST_F(events, come_as_server_sent_ones_and_go_on_after_the_last_that_was_seen) {
  append_event("app", "one");
  auto const first = last_id();
  append_event("app", "two");
  auto& writer = follow("?since=0", {{"Last-Event-ID", first}});
  append_event("app", "three");
  EXPECT_TRUE(becomes([&] { return writer.text.find("three") != std::string::npos; }));
  EXPECT_EQ(writer.text.find("\"one\""), std::string::npos);
  EXPECT_TRUE(writer.text.starts_with("id: " + std::to_string(std::stoull(first) + 1) + "\ndata: {\"Timestamp\":"));
  EXPECT_TRUE(writer.text.ends_with("}\n\n"));
  EXPECT_EQ(ask("GET", "/deployments/app/events", "", {{"Accept", "text/event-stream"}, {"Last-Event-ID", "x"}}).status,
            422);
}

TEST_F(events, of_all_deployments_come_in_the_order_in_which_they_happened) {
  create("other");
  append_event("app", "one");
  append_event("other", "two");
  auto const page = ask("GET", "/events").data().as_array();
  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[1].at("Deployment").at("Name"), "other");
  path = "/events";
  auto& writer = follow("?since=" + std::to_string(page[0].at("Id").to_number<std::uint64_t>()),
                        {{"Authorization", "Bearer " + token}});
  append_event("app", "three");
  EXPECT_TRUE(becomes([&] { return writer.text.find("\"three\"") != std::string::npos; }));
  EXPECT_NE(writer.text.find("\"two\""), std::string::npos);
  EXPECT_EQ(writer.text.find("\"one\""), std::string::npos);
  EXPECT_EQ(ask("DELETE", "/deployments/app").status, 200);
  append_event("other", "four");
  EXPECT_TRUE(becomes([&] { return writer.text.find("\"four\"") != std::string::npos; }))
      << "a deployment that is deleted ends its own stream only";
  EXPECT_EQ(ask_as_stranger("GET", "/events").status, 401);
}

TEST_F(events_of_a_short_memory, of_all_deployments_that_are_kept_no_more_hide_none_that_are) {
  create("other");
  append_event("other", "old, and still there");
  for (int i = 0; i < 40; ++i) append_event("app", std::to_string(i));
  path = "/events";
  auto& writer = follow("?since=0", {{"Authorization", "Bearer " + token}});
  EXPECT_TRUE(becomes([&] { return writer.text.find("\"39\"") != std::string::npos; }));
  EXPECT_NE(writer.text.find("\"Phase\":\"gap\""), std::string::npos);
  EXPECT_NE(writer.text.find("old, and still there"), std::string::npos);
}

TEST_F(events, are_asked_for_since_a_time_too) {
  append_event("app", "one");
  time.advance(10s);
  append_event("app", "two");
  auto const since = to_rfc3339(time.now() - 5s);
  auto const page = ask("GET", "/deployments/app/events?since=" + since).data().as_array();
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].at("Message"), "two");
  EXPECT_EQ(ask("GET", "/deployments/app/events?since=yesterday").status, 422);
}

TEST_F(events, end_for_a_client_that_is_gone) {
  auto& socket = connect();
  auto& writer = follow();
  socket.go_away();
  writer.go_away();
  EXPECT_TRUE(becomes([&] { return std::ranges::all_of(streams, &running::ended); }));
}

TEST_F(events, need_no_token_on_loopback_unless_a_proxy_hands_the_request_on) {
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events").status, 200);
  for (auto const* const header : {"Forwarded", "X-Forwarded-For"}) {
    EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events", "", {{header, "192.0.2.1"}}).status, 401);
    EXPECT_EQ(ask_as_stranger("GET", "/deployments/none/events", "", {{header, "192.0.2.1"}}).status, 401);
    EXPECT_EQ(ask("GET", "/deployments/app/events", "", {{header, "192.0.2.1"}}).status, 200);
  }
}

TEST_F(events, need_a_token_where_others_can_ask_as_header_query_or_subprotocol) {
  use({.listens_on_loopback_only = false});
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events").status, 401);
  EXPECT_EQ(ask("GET", "/deployments/app/events").status, 200);
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events?access_token=" + token).status, 200);
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events?access_token=krs_no").status, 401);
  connect("", {{"Sec-WebSocket-Protocol", "bearer." + token}});
  EXPECT_EQ(subprotocol, "bearer." + token);
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events", "",
                            {{"Upgrade", "websocket"}, {"Sec-WebSocket-Protocol", "bearer.krs_no"}})
                .status,
            401);
  EXPECT_EQ(ask_as_stranger("GET", "/deployments?access_token=" + token).status, 401);
}

TEST_F(events, are_open_or_closed_to_all_as_it_was_set) {
  use({.streams = open_streams::never});
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events").status, 401);
  use({.streams = open_streams::always, .listens_on_loopback_only = false});
  EXPECT_EQ(ask_as_stranger("GET", "/deployments/app/events", "", {{"X-Forwarded-For", "192.0.2.1"}}).status, 200);
}

TEST_F(events, end_within_a_second_of_the_session_they_were_opened_with) {
  use({.streams = open_streams::never});
  auto const other = log_in();
  test::header_pairs const by_other{{"Authorization", "Bearer " + std::string(other.at("token").as_string())}};
  auto& socket = connect("", by_other);
  auto& writer = follow("", by_other);
  auto& stays = connect("", {{"Authorization", "Bearer " + token}});
  EXPECT_EQ(ask("DELETE", "/sessions/" + std::string(other.at("id").as_string())).status, 200);
  auto const began = std::chrono::steady_clock::now();
  EXPECT_TRUE(becomes([&] { return socket.closed_with && writer.text.ends_with("\n\n"); }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2s);
  EXPECT_EQ(socket.closed_with->first, 1008);
  EXPECT_NE(writer.text.find("event: end\ndata: the session has ended\n\n"), std::string::npos);
  EXPECT_FALSE(stays.closed_with);
}

}  // namespace
}  // namespace krane
