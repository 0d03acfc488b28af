// Events over connections that break.
#include "client/event_follower.hpp"

#include <gmock/gmock.h>

#include "api_server.hpp"
#include "client/reason.hpp"

namespace krane::client {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class event_follower_test : public test::served_api_test {
protected:
  event_follower_test() {
    create("web");
    rules.on_lost = [this](error const& why) { lost.push_back(why); };
    rules.on_back = [this] { ++back; };
  }
  ~event_follower_test() override { follower.reset(); }

  void follow(std::optional<std::uint64_t> since) {
    follower = std::make_unique<event_follower>(api, "web", since, rules);
    auto const started = run(follower->start());
    ASSERT_TRUE(started) << started.error().message;
  }
  std::string next() {
    auto const came = run(follower->next());
    if (!came) return "failed: " + came.error().message;
    return *came ? (*came)->Message : "ended";
  }

  test::cutting_relay relay{loop, web->port()};
  krane_api api{relay.where(), token, {.silence = 5s}};
  retry_rules rules{.first_pause = 1ms, .longest_pause = 5ms, .patience = 10s};
  std::vector<error> lost;
  int back = 0;
  std::unique_ptr<event_follower> follower;
};

TEST_F(event_follower_test, goes_on_after_a_cut_without_gap_or_double) {
  follow(std::nullopt);
  append_event("web", "one");
  EXPECT_EQ(next(), "one");
  relay.cut();
  append_event("web", "two");
  append_event("web", "three");
  EXPECT_EQ(next(), "two");
  EXPECT_EQ(next(), "three");
  EXPECT_EQ(lost.size(), 1U);
  EXPECT_EQ(back, 1);
}

TEST_F(event_follower_test, misses_nothing_when_it_is_cut_before_the_first_event) {
  follow(std::nullopt);
  relay.cut();
  append_event("web", "one");
  EXPECT_EQ(next(), "one");
}

TEST_F(event_follower_test, tells_each_event_once_wherever_its_connections_are_cut) {
  auto const first = run(api.list_events("web", std::nullopt, 1));
  ASSERT_TRUE(first);
  std::vector<std::string> wanted;
  for (int i = 0; i < 20; ++i) append_event("web", wanted.emplace_back("event " + std::to_string(i)));
  for (std::size_t const more : {17U, 61U, 331U}) {
    SCOPED_TRACE(more);
    relay.cut();
    relay.cut_each_after(150, more);
    event_follower all(api, "web", first->empty() ? 0 : first->back().Id, rules);
    std::vector<std::string> seen;
    while (seen.size() < wanted.size()) {
      auto const came = run(all.next());
      // The first answer of all may be cut too, which is given at once.
      if (!came && seen.empty() && is_unreachable(came.error())) continue;
      ASSERT_TRUE(came && *came) << (came ? "ended" : came.error().message);
      seen.push_back((*came)->Message);
    }
    EXPECT_EQ(seen, wanted);
  }
  EXPECT_GT(relay.connections(), 50) << "it was cut too seldom to show anything";
}

TEST_F(event_follower_test, waits_for_a_server_that_is_started_anew) {
  follow(std::nullopt);
  auto const port = web->port();
  stop_listening();
  append_event("web", "meanwhile");
  listen(port);
  EXPECT_EQ(next(), "meanwhile");
}

TEST_F(event_follower_test, ends_with_the_deployment) {
  follow(std::nullopt);
  ASSERT_EQ(ask("DELETE", "/deployments/web").status, 200);
  std::string last;
  for (std::string now = next(); now != "ended" && !now.starts_with("failed"); now = next()) last = now;
  EXPECT_NE(last, "");
  EXPECT_EQ(next(), "ended");
}

TEST_F(event_follower_test, says_when_the_session_is_over) {
  use({.streams = open_streams::never});
  follow(std::nullopt);
  ASSERT_TRUE(run(api.revoke_own_session()));
  auto const ended = run(follower->next());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().reason, reason::not_logged_in);
}

TEST_F(event_follower_test, gives_a_first_failure_at_once_and_a_later_one_when_its_patience_is_over) {
  relay.refuse(true);
  event_follower never(api, "web", std::nullopt, rules);
  EXPECT_TRUE(is_unreachable(run(never.start()).error()));
  EXPECT_TRUE(lost.empty());

  relay.refuse(false);
  rules.patience = 50ms;
  event_follower impatient(api, "web", std::nullopt, rules);
  ASSERT_TRUE(run(impatient.start()));
  relay.refuse(true);
  relay.cut();
  auto const failed = run(impatient.next());
  ASSERT_FALSE(failed);
  EXPECT_TRUE(is_unreachable(failed.error())) << failed.error().message;
  EXPECT_EQ(lost.size(), 1U);
}

}  // namespace
}  // namespace krane::client
