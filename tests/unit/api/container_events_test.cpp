// GET /containers/:id/events: what a container of ours writes, and nothing of others.
#include <algorithm>
#include <boost/json/object.hpp>
#include <list>

#include "api_world.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::make_request;
using test::memory_writer;

class output : public test::api_test {
protected:
  output() {
    create("app");
    id = *deploy("app").container();
  }
  ~output() override {
    for (auto const& one : writers) one->go_away();
    becomes([&] { return std::ranges::all_of(streams, &running::ended); });
  }

  memory_writer& follow(std::string target, test::header_pairs headers = {}) {
    auto reply = reply_to(make_request("GET", std::move(target), "", std::move(headers)));
    auto const& answer = std::get<http::stream_response>(reply);
    EXPECT_EQ(answer.content_type, "text/event-stream");
    writers.push_back(std::make_unique<memory_writer>(loop.get_executor()));
    streams.push_back(begin(answer.produce(*writers.back())));
    return *writers.back();
  }
  memory_writer& follow_all(std::string query = "", test::header_pairs headers = {}) {
    return follow("/containers/" + id.str() + "/events" + query, std::move(headers));
  }
  bool has(memory_writer const& writer, std::string_view text) {
    return becomes([&] { return writer.text.find(text) != std::string::npos; });
  }
  bool all_ended() {
    return becomes([&] { return std::ranges::all_of(streams, &running::ended); });
  }
  // The data of the unnamed events, in order.
  static std::vector<std::string> lines(memory_writer const& writer) { return fields(writer, "data: "); }
  static std::vector<std::string> ids(memory_writer const& writer) { return fields(writer, "id: "); }
  static std::vector<std::string> fields(memory_writer const& writer, std::string_view prefix) {
    std::vector<std::string> out;
    std::string_view rest = writer.text;
    while (!rest.empty()) {
      auto const end = rest.find("\n\n");
      auto block = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 2, rest.size()));
      if (block.starts_with("event: ")) continue;
      while (!block.empty()) {
        auto const line_end = std::min(block.find('\n'), block.size());
        auto const line = block.substr(0, line_end);
        block.remove_prefix(std::min(line_end + 1, block.size()));
        if (line.starts_with(prefix)) out.emplace_back(line.substr(prefix.size()));
      }
    }
    return out;
  }
  void write(std::string line, log_source from = log_source::out) { world.write_output(id, from, std::move(line)); }

  using strings = std::vector<std::string>;
  container_id id;
  std::list<std::unique_ptr<memory_writer>> writers;
  std::vector<std::shared_ptr<running>> streams;
};

TEST_F(output, comes_line_by_line_from_both_streams_as_unnamed_events) {
  auto& writer = follow_all();
  ASSERT_TRUE(has(writer, "data: world\n\n"));
  write("to stdout");
  write("to stderr", log_source::err);
  ASSERT_TRUE(has(writer, "to stderr"));
  EXPECT_EQ(lines(writer), (strings{"hello", "world", "to stdout", "to stderr"}));
  EXPECT_EQ(ids(writer).size(), 4u);
  EXPECT_TRUE(writer.text.starts_with("id: 20")) << writer.text;
  EXPECT_EQ(writer.text.find("event:"), std::string::npos);
}

TEST_F(output, is_found_under_both_spellings_by_id_prefix_and_name) {
  auto const name = world.container(id.str())->name;
  for (auto const& target : {"/container/" + id.str(), "/containers/" + id.str().substr(0, 12), "/containers/" + name})
    EXPECT_TRUE(has(follow(target + "/events"), "data: world")) << target;
}

TEST_F(output, of_what_is_not_ours_is_not_found_like_what_is_not_there) {
  world.engine_has("stranger:latest", {.prints = {"secret"}});
  auto const plain = world.add_container("stranger", "stranger:latest", {});
  auto const copied = world.add_container(
      "app-copied", "stranger:latest",
      {{"deployment.name", "app"}, {"krane.run", "00000000"}, {"krane.instance", state->instance().str()}});
  auto const unknown = ask("GET", "/containers/" + std::string(64, '0') + "/events");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.reason(), "not_found");
  for (auto const& one : {plain.str(), copied.str(), std::string("stranger"), id.str().substr(0, 11),
                          std::string("none"), std::string("-x"), std::string("a%2Fb"), std::string(500, 'a')}) {
    auto const answer = ask("GET", "/containers/" + one + "/events");
    EXPECT_EQ(answer.status, 404) << one;
    EXPECT_EQ(answer.reason(), "not_found");
  }
  auto const reads = world.calls();
  EXPECT_TRUE(std::ranges::none_of(reads, [&](auto const& call) {
    return call.where == test::route::logs && call.target.find(id.str()) == std::string::npos;
  }));
}

TEST_F(output, begins_with_the_last_fifty_lines_or_as_many_as_are_wanted) {
  for (int i = 0; i < 60; ++i) write(std::to_string(i));
  auto& fifty = follow_all("?follow=false");
  auto& three = follow_all("?follow=false&tail=3");
  auto& all = follow_all("?follow=false&tail=all");
  ASSERT_TRUE(all_ended());
  EXPECT_EQ(lines(fifty).size(), 50u);
  EXPECT_EQ(lines(three), (strings{"57", "58", "59"}));
  EXPECT_EQ(lines(all).size(), 62u);
  EXPECT_EQ(all.text.find("event: end"), std::string::npos);  // it still runs
}

TEST_F(output, goes_on_after_the_line_that_was_seen_last) {
  write("three");
  write("four");
  auto& whole = follow_all("?follow=false&tail=all");
  ASSERT_TRUE(all_ended());
  auto const places = ids(whole);
  ASSERT_EQ(places.size(), 4u);
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto& resumed = follow_all("?follow=false&tail=1", {{"Last-Event-ID", places[i]}});
    ASSERT_TRUE(all_ended());
    auto const expected = lines(whole);
    EXPECT_EQ(lines(resumed), strings(expected.begin() + static_cast<std::ptrdiff_t>(i) + 1, expected.end()));
    EXPECT_EQ(resumed.text.find("event: gap"), std::string::npos);
    auto& since = follow_all("?follow=false&since=" + places[i]);
    ASSERT_TRUE(all_ended());
    EXPECT_EQ(lines(since), lines(resumed));
  }
}

TEST_F(output, says_so_when_the_line_that_was_seen_last_is_not_there_any_more) {
  auto& writer = follow_all("?follow=false", {{"Last-Event-ID", "2020-01-01T00:00:00.000000001Z"}});
  ASSERT_TRUE(all_ended());
  EXPECT_TRUE(writer.text.starts_with("event: gap\ndata: what followed 2020-01-01T00:00:00.000000001Z"));
  EXPECT_EQ(lines(writer), (strings{"hello", "world"}));
}

TEST_F(output, ends_with_the_exit_code_when_the_container_has_stopped) {
  auto& writer = follow_all();
  ASSERT_TRUE(has(writer, "world"));
  // The reconciler would start or replace it: this test looks at the stream alone.
  test::run_coroutine(loop, service->stop());
  world.exit_container(id, 3);
  ASSERT_TRUE(all_ended());
  EXPECT_TRUE(writer.text.ends_with("event: end\ndata: 3\n\n")) << writer.text;
}

TEST_F(output, of_a_stopped_container_is_history_and_its_end) {
  test::run_coroutine(loop, service->stop());
  world.exit_container(id, 7);
  auto& writer = follow_all();
  ASSERT_TRUE(all_ended());
  EXPECT_EQ(lines(writer), (strings{"hello", "world"}));
  EXPECT_TRUE(writer.text.ends_with("event: end\ndata: 7\n\n")) << writer.text;
}

TEST_F(output, ends_when_the_container_is_gone) {
  auto& writer = follow_all();
  ASSERT_TRUE(has(writer, "world"));
  test::run_coroutine(loop, service->stop());
  world.remove_container(id);
  ASSERT_TRUE(all_ended());
  EXPECT_TRUE(writer.text.ends_with("event: end\ndata: gone\n\n")) << writer.text;
}

TEST_F(output, goes_on_over_a_restart_without_gap_or_double) {
  auto& writer = follow_all();
  ASSERT_TRUE(has(writer, "world"));
  test::run_coroutine(loop, service->stop());
  world.exit_container(id, 1);
  world.set_status(id, "restarting", 1);
  world.set_status(id, "running", 1);
  write("back again");
  ASSERT_TRUE(has(writer, "back again"));
  auto const got = lines(writer);
  EXPECT_EQ(std::ranges::count(got, "back again"), 1);
  EXPECT_EQ(got.front(), "hello");
  EXPECT_EQ(writer.text.find("event: end"), std::string::npos);
}

TEST_F(output, says_that_it_was_interrupted_when_the_engine_goes) {
  auto& writer = follow_all();
  ASSERT_TRUE(has(writer, "world"));
  world.down();
  ASSERT_TRUE(all_ended());
  EXPECT_NE(writer.text.find("event: interrupted\n"), std::string::npos);
  auto const answer = ask("GET", "/containers/" + id.str() + "/events");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.reason(), "engine_unavailable");
}

TEST_F(output, without_a_line_end_ends_its_line_where_the_next_start_begins) {
  world.write_unended_output(id, log_source::out, "prompt> ");
  write("starting");
  world.write_unended_output(id, log_source::out, "bye");
  auto& writer = follow_all("?follow=false&tail=all");
  ASSERT_TRUE(all_ended());
  EXPECT_EQ(lines(writer), (strings{"hello", "world", "prompt> ", "starting", "bye"}));
  // And whoever goes on after any of them misses none.
  auto const places = ids(writer);
  ASSERT_EQ(places.size(), 5u);
  auto& resumed = follow_all("?follow=false", {{"Last-Event-ID", places[2]}});
  ASSERT_TRUE(all_ended());
  EXPECT_EQ(lines(resumed), (strings{"starting", "bye"}));
}

TEST_F(output, that_is_not_kept_is_refused_with_what_to_do) {
  world.fail_next(test::route::logs, 501, "configured logging driver does not support reading");
  auto const answer = ask("GET", "/containers/" + id.str() + "/events");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.reason(), "output_not_kept");
  EXPECT_NE(answer.text.find("logging.driver"), std::string::npos) << answer.text;
}

TEST_F(output, refuses_parameters_that_are_none) {
  for (auto const* const query : {"?tail=x", "?tail=-1", "?since=yesterday", "?follow=maybe"})
    EXPECT_EQ(ask("GET", "/containers/" + id.str() + "/events" + query).status, 422) << query;
  EXPECT_EQ(ask("GET", "/containers/" + id.str() + "/events", "", {{"Last-Event-ID", "x"}}).status, 422);
}

TEST_F(output, splits_a_long_line_and_loses_none_of_it) {
  std::string const line(40'000, 'x');
  write(line);
  auto& writer = follow_all("?follow=false&tail=1");
  ASSERT_TRUE(all_ended());
  std::string joined;
  for (auto const& part : lines(writer)) {
    EXPECT_LE(part.size(), 16u * 1024);
    joined += part;
  }
  EXPECT_EQ(joined, line);
}

TEST_F(output, needs_a_token_where_others_can_ask_and_ends_with_the_session) {
  use({.listens_on_loopback_only = false});
  EXPECT_EQ(ask_as_stranger("GET", "/containers/" + id.str() + "/events").status, 401);
  EXPECT_EQ(ask_as_stranger("GET", "/containers/none/events").status, 401);
  auto const other = log_in();
  auto& writer = follow_all("?access_token=" + std::string(other.at("token").as_string()));
  ASSERT_TRUE(has(writer, "world"));
  EXPECT_EQ(ask("DELETE", "/sessions/" + std::string(other.at("id").as_string())).status, 200);
  ASSERT_TRUE(all_ended());
  EXPECT_TRUE(writer.text.ends_with("event: end\ndata: the session has ended\n\n"));
}

TEST_F(output, tells_a_head_what_would_come) {
  auto const answer = ask("HEAD", "/containers/" + id.str() + "/events");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/event-stream");
}

}  // namespace
}  // namespace krane
