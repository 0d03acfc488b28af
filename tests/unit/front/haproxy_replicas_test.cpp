// Several containers behind a port, some or all of which refuse; and connections that are closed for them.
#include <map>
#include <set>

#include "unit/front/front_test.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::local;
using test::tagged_server;
using test::tcp_client;

struct waited {
  std::string said;
  milliseconds time{0};
};

// With so many containers.
class haproxy_replicas_test : public test::front_test, public testing::WithParamInterface<int> {
protected:
  // A program that listens at its address from time to time.
  void listen(std::size_t which) {
    programs[which] =
        std::make_unique<tagged_server>(local, containers.at(which).number, "from " + std::to_string(which));
  }
  void lead_to_all(milliseconds hold) {
    for (int i = 0; i < GetParam(); ++i)
      containers.push_back({container_id{"c" + std::to_string(i)}, local, free_port()});
    front_route all = route_to_all(containers);
    all.hold = hold;
    lead(all);
  }
  waited ask_once() {
    auto const began = steady_clock::now();
    std::string said = answer();
    return {said, std::chrono::duration_cast<milliseconds>(steady_clock::now() - began)};
  }
  std::future<waited> ask_once_beside() {
    return std::async(std::launch::async, [this] { return ask_once(); });
  }

  std::vector<front_target> containers;
  std::map<std::size_t, std::unique_ptr<tagged_server>> programs;
};

TEST_P(haproxy_replicas_test, a_connection_that_all_refuse_is_held_as_long_as_hold_says) {
  lead_to_all(1'500ms);
  std::vector<std::future<waited>> all;
  for (int i = 0; i < 4; ++i) all.push_back(ask_once_beside());
  for (auto& one : all) {
    auto const seen = one.get();
    EXPECT_EQ(seen.said, "");
    EXPECT_GE(seen.time, 1'100ms) << "held, not closed at once";
  }
  // And the next, when it is known that they refuse.
  EXPECT_GE(ask_once().time, 1'100ms);
  EXPECT_TRUE(eventually([&] { return test::run_coroutine(loop, ports->tally(host))->refused == 5; }));
}

TEST_P(haproxy_replicas_test, a_connection_that_all_refuse_is_served_once_one_is_back) {
  lead_to_all(10s);
  auto waiting = ask_once_beside();
  ASSERT_EQ(waiting.wait_for(700ms), std::future_status::timeout) << "it is held";
  listen(0);
  auto const seen = waiting.get();
  EXPECT_EQ(seen.said, "from 0");
  EXPECT_LT(seen.time, 5s);
}

TEST_P(haproxy_replicas_test, a_connection_that_all_refuse_is_served_by_the_next_release) {
  lead_to_all(10s);
  auto waiting = ask_once_beside();
  ASSERT_EQ(waiting.wait_for(700ms), std::future_status::timeout) << "it is held";
  tagged_server const next(local, 0, "next");
  lead(route_to_all({to("n", next)}));
  EXPECT_EQ(waiting.get().said, "next");
}

TEST_P(haproxy_replicas_test, a_container_that_was_seen_to_refuse_takes_connections_at_once_at_a_new_address) {
  lead_to_all(10s);
  auto waiting = ask_once_beside();
  ASSERT_EQ(waiting.wait_for(700ms), std::future_status::timeout) << "it is held";
  tagged_server const restarted("127.0.0.2", 0, "restarted");
  auto moved = containers;
  moved[0] = {containers[0].container, "127.0.0.2", restarted.port()};
  lead(route_to_all(moved));
  EXPECT_EQ(ask_once().said, "restarted");
  EXPECT_EQ(waiting.get().said, "restarted");
}

TEST_P(haproxy_replicas_test, programs_that_accept_see_no_connection_that_nobody_made) {
  lead_to_all(10s);
  for (std::size_t i = 0; i < containers.size(); ++i) listen(i);
  // Those that were looked at before they listened are looked at until they accept. Which of them is asked next depends
  // on the connections that are still being closed.
  std::set<std::string> said;
  ASSERT_TRUE(eventually([&] {
    said.insert(answer());
    said.erase("");
    return said.size() == containers.size();
  }));
  std::vector<std::unique_ptr<tcp_client>> clients;
  auto const open = [&] {
    std::size_t sum = 0;
    for (auto const& [which, one] : programs) sum += one->open();
    return sum;
  };
  ASSERT_TRUE(eventually([&] { return open() == 0; }));
  auto const until = steady_clock::now() + 600ms;
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(open(), 0u);
    return steady_clock::now() >= until;
  }));
}

INSTANTIATE_TEST_SUITE_P(containers, haproxy_replicas_test, testing::Values(1, 2, 3));

class haproxy_replica_test : public test::front_test {};

TEST_F(haproxy_replica_test, one_of_two_that_refuses_costs_no_connection) {
  tagged_server const two(local, 0, "two");
  auto one = std::make_unique<tagged_server>(local, 0, "one");
  lead(route_to_all({to("c1", *one), to("c2", two)}));
  EXPECT_TRUE(eventually_answers("one"));
  one.reset();
  for (int i = 0; i < 8; ++i) {
    auto const began = steady_clock::now();
    EXPECT_EQ(answer(), "two");
    EXPECT_LT(steady_clock::now() - began, 1s);
  }
  auto const tally = test::run_coroutine(loop, ports->tally(host));
  ASSERT_TRUE(tally) << tally.error().message;
  EXPECT_EQ(tally->refused, 0u);
}

TEST_F(haproxy_replica_test, one_of_two_that_refuses_costs_no_connection_where_none_may_wait) {
  tagged_server const two(local, 0, "two");
  front_route both = route_to_all({{container_id{"c1"}, local, free_port()}, to("c2", two)});
  both.hold = 0ms;
  lead(both);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(answer(), "two");
}

TEST_F(haproxy_replica_test, closes_what_is_open_on_a_container_and_both_sides_see_it) {
  tagged_server const old_one(local, 0, "old");
  tagged_server const new_one(local, 0, "new");
  lead(route(to("c1", old_one)));
  tcp_client first(local, host);
  ASSERT_EQ(first.read(), "old");
  lead(route(to("c2", new_one)));
  tcp_client stays(local, host);
  ASSERT_EQ(stays.read(), "new");
  auto const closed = test::run_coroutine(loop, ports->close_connections(host, container_id{"c1"}));
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(*closed, 1u);
  EXPECT_EQ(first.read(), "") << "the client sees it";
  EXPECT_TRUE(eventually([&] { return old_one.open() == 0; })) << "the container sees it";
  EXPECT_EQ(open_on("c1"), 0u);
  EXPECT_FALSE(stays.closed());
  EXPECT_EQ(test::run_coroutine(loop, ports->close_connections(host, container_id{"c1"})).value_or(9), 0u);
}

TEST_F(haproxy_replica_test, closes_what_a_worker_of_before_a_reload_holds) {
  tagged_server const old_one(local, 0, "old");
  tagged_server const new_one(local, 0, "new");
  lead(route(to("c1", old_one)));
  tcp_client first(local, host);
  ASSERT_EQ(first.read(), "old");
  front_route other = route(to("c3", new_one));
  other.host = free_port();
  other.owner = deployment_name{"api"};
  lead(other);
  tcp_client second(local, host);
  ASSERT_EQ(second.read(), "old");
  lead(route(to("c2", new_one)));
  ASSERT_EQ(processes().old_workers.size(), 1u);
  EXPECT_EQ(open_on("c1"), 2u);
  auto const closed = test::run_coroutine(loop, ports->close_connections(host, container_id{"c1"}));
  ASSERT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(*closed, 2u);
  EXPECT_EQ(first.read(), "");
  EXPECT_EQ(second.read(), "");
  EXPECT_TRUE(eventually([&] { return old_one.open() == 0; }));
}

}  // namespace
}  // namespace krane
