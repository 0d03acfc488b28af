// A container's output over connections that break.
#include "client/output_follower.hpp"

#include <gmock/gmock.h>

#include "api_server.hpp"
#include "client/reason.hpp"

namespace krane::client {
namespace {

using namespace std::chrono_literals;
using kind = output_item::kind;
using strings = std::vector<std::string>;

class output_follower_test : public test::served_api_test {
protected:
  output_follower_test() {
    create("app");
    id = *deploy("app").container();
  }
  void write(std::string line) { world.write_output(id, log_source::out, std::move(line)); }
  std::unique_ptr<output_follower> follow(output_from from) {
    auto made = std::make_unique<output_follower>(api, id.str(), std::move(from), rules);
    auto const started = run(made->start());
    EXPECT_TRUE(started) << started.error().message;
    return made;
  }
  output_item next(output_follower& from) {
    auto came = run(from.next());
    EXPECT_TRUE(came) << came.error().message;
    return came && *came ? std::move(**came) : output_item{kind::end, "nothing", {}};
  }
  strings lines(output_follower& from, std::size_t count) {
    strings out;
    while (out.size() < count) {
      auto const item = next(from);
      if (item.what != kind::line) return out;
      out.push_back(item.text);
    }
    return out;
  }

  test::cutting_relay relay{loop, web->port()};
  krane_api api{relay.where(), token, {.silence = 5s}};
  retry_rules rules{.first_pause = 1ms, .longest_pause = 5ms, .patience = 10s};
  container_id id;
};

TEST_F(output_follower_test, gives_lines_with_their_times_and_the_end) {
  auto const follower = follow({});
  auto const first = next(*follower);
  EXPECT_EQ(first.text, "hello");
  EXPECT_TRUE(parse_rfc3339(first.time())) << first.place;
  EXPECT_EQ(next(*follower).text, "world");
  write("more");
  EXPECT_EQ(next(*follower).text, "more");
  world.exit_container(id, 7);
  auto const last = next(*follower);
  EXPECT_EQ(last.what, kind::end);
  EXPECT_EQ(last.text, "7");
  EXPECT_FALSE(*run(follower->next()));
  EXPECT_FALSE(*run(follower->next()));
}

TEST_F(output_follower_test, goes_on_after_a_cut_without_gap_or_double) {
  auto const follower = follow({});
  EXPECT_EQ(lines(*follower, 2), (strings{"hello", "world"}));
  relay.cut();
  write("while away");
  write("and more");
  EXPECT_EQ(lines(*follower, 2), (strings{"while away", "and more"}));
}

TEST_F(output_follower_test, misses_nothing_that_comes_before_the_first_line_it_wants) {
  auto const follower = follow({.tail = "0"});
  relay.cut();
  write("one");
  write("two");
  EXPECT_EQ(lines(*follower, 2), (strings{"one", "two"}));
}

TEST_F(output_follower_test, gives_each_line_once_wherever_its_connections_are_cut) {
  strings wanted{"hello", "world"};
  for (int i = 0; i < 40; ++i) write(wanted.emplace_back("line " + std::to_string(i)));
  for (std::size_t const more : {13U, 53U, 211U}) {
    SCOPED_TRACE(more);
    relay.cut();
    relay.cut_each_after(150, more);
    output_follower all(api, id.str(), {.tail = "all"}, rules);
    strings seen;
    while (seen.size() < wanted.size()) {
      auto const came = run(all.next());
      if (!came && seen.empty() && is_unreachable(came.error())) continue;
      ASSERT_TRUE(came && *came) << (came ? "ended" : came.error().message);
      ASSERT_EQ((*came)->what, kind::line) << (*came)->text;
      seen.push_back((*came)->text);
    }
    EXPECT_EQ(seen, wanted);
  }
  EXPECT_GT(relay.connections(), 30) << "it was cut too seldom to show anything";
}

TEST_F(output_follower_test, ends_with_what_there_is_where_that_was_asked_for) {
  auto const follower = follow({.tail = "all", .follow = false});
  EXPECT_EQ(lines(*follower, 2), (strings{"hello", "world"}));
  EXPECT_FALSE(*run(follower->next()));
}

TEST_F(output_follower_test, ends_when_the_container_is_gone_while_it_was_away) {
  auto const follower = follow({});
  lines(*follower, 2);
  relay.refuse(true);
  relay.cut();
  world.remove_container(id);
  relay.refuse(false);
  auto const last = next(*follower);
  EXPECT_EQ(last.what, kind::end);
  EXPECT_EQ(last.text, "gone");
}

TEST_F(output_follower_test, goes_on_when_the_engine_fails_for_a_while) {
  auto const follower = follow({});
  lines(*follower, 2);
  write("three");
  world.restart();
  EXPECT_EQ(lines(*follower, 1), strings{"three"});
}

TEST_F(output_follower_test, says_when_the_session_is_over) {
  use({.streams = open_streams::never});
  auto const follower = follow({.tail = "0"});
  ASSERT_TRUE(run(api.revoke_own_session()));
  auto const ended = run(follower->next());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().reason, reason::not_logged_in);
}

}  // namespace
}  // namespace krane::client
