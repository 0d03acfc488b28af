#include "streams/event_ring.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "support/run_coroutine.hpp"

namespace krane {
namespace {

using test::run_coroutine;

event make_event(std::uint64_t id, std::string name, std::string message = "m") {
  event e;
  e.id = id;
  e.what.name = deployment_name{std::move(name)};
  e.message = std::move(message);
  return e;
}

std::vector<std::uint64_t> ids_of(result<std::vector<ring_entry>> const& entries) {
  std::vector<std::uint64_t> ids;
  if (entries)
    for (auto const& entry : *entries) ids.push_back(entry.id);
  return ids;
}

struct event_ring_test : testing::Test {
  asio::io_context loop;
  event_ring ring{loop.get_executor(), 4, 1'000'000, 10};
  deployment_name const app{"app"};

  auto next(std::uint64_t id, std::size_t limit = 16) { return run_coroutine(loop, ring.next(app, id, limit)); }
};

coroutine<void> listen(event_ring& ring, deployment_name name, std::uint64_t from, std::vector<std::uint64_t>& got,
                       std::optional<error>& end) {
  for (;;) {
    auto entries = co_await ring.next(name, from, 16);
    if (!entries) {
      end = entries.error();
      co_return;
    }
    for (auto const& entry : *entries) got.push_back(entry.id);
    from = entries->back().id;
  }
}

TEST_F(event_ring_test, gives_what_came_after_an_id_of_one_deployment_in_order) {
  ring.publish(make_event(11, "app"));
  ring.publish(make_event(12, "other"));
  ring.publish(make_event(13, "app"));
  EXPECT_EQ(ids_of(next(10)), (std::vector<std::uint64_t>{11, 13}));
  EXPECT_EQ(ids_of(next(11)), (std::vector<std::uint64_t>{13}));
  EXPECT_EQ(ids_of(next(10, 1)), (std::vector<std::uint64_t>{11}));
}

TEST_F(event_ring_test, shares_one_text_among_all_who_listen) {
  ring.publish(make_event(11, "app", "hello"));
  auto const one = next(10), two = next(10);
  EXPECT_EQ(one->front().text, two->front().text);
  EXPECT_NE(one->front().text->find("\"Message\":\"hello\""), std::string::npos);
}

TEST_F(event_ring_test, knows_from_where_on_it_is_complete) {
  EXPECT_EQ(ring.complete_after(), 10u);
  for (std::uint64_t id = 11; id <= 16; ++id) ring.publish(make_event(id, "app"));
  EXPECT_EQ(ring.complete_after(), 12u);
  EXPECT_EQ(ring.last_id(), 16u);
  EXPECT_EQ(ids_of(next(12)), (std::vector<std::uint64_t>{13, 14, 15, 16}));
}

TEST_F(event_ring_test, says_so_when_what_follows_has_left_it) {
  for (std::uint64_t id = 11; id <= 16; ++id) ring.publish(make_event(id, "app"));
  auto const behind = next(11);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().code, errc::conflict);
  EXPECT_EQ(behind.error().reason, "behind");
}

TEST_F(event_ring_test, says_so_for_what_was_before_this_process) {
  ring.publish(make_event(11, "app"));
  EXPECT_EQ(next(9).error().reason, "behind");
}

TEST_F(event_ring_test, drops_by_bytes_too_but_never_the_newest) {
  event_ring small{loop.get_executor(), 100, 600, 0};
  small.publish(make_event(1, "app", std::string(200, 'a')));
  small.publish(make_event(2, "app", std::string(200, 'b')));
  EXPECT_EQ(small.complete_after(), 1u);
  small.publish(make_event(3, "app", std::string(5'000, 'c')));
  EXPECT_EQ(small.complete_after(), 2u);
  EXPECT_EQ(ids_of(run_coroutine(loop, small.next(app, 2, 16))), (std::vector<std::uint64_t>{3}));
}

TEST_F(event_ring_test, ignores_an_event_that_it_has_had) {
  ring.publish(make_event(11, "app"));
  ring.publish(make_event(11, "app"));
  ring.publish(make_event(5, "app"));
  EXPECT_EQ(ids_of(next(10)), (std::vector<std::uint64_t>{11}));
}

TEST_F(event_ring_test, wakes_a_listener_for_its_own_deployment) {
  std::vector<std::uint64_t> got;
  std::optional<error> end;
  asio::co_spawn(loop, listen(ring, app, 10, got, end), asio::detached);
  loop.poll();
  ring.publish(make_event(11, "app"));
  loop.poll();
  EXPECT_EQ(got, (std::vector<std::uint64_t>{11}));
  ring.publish(make_event(12, "app"));
  ring.publish(make_event(13, "app"));
  loop.poll();
  EXPECT_EQ(got, (std::vector<std::uint64_t>{11, 12, 13}));
  ring.close();
  loop.poll();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, errc::cancelled);
}

TEST_F(event_ring_test, does_not_lose_a_listener_of_a_quiet_deployment_when_others_fill_it) {
  std::vector<std::uint64_t> got;
  std::optional<error> end;
  asio::co_spawn(loop, listen(ring, app, 10, got, end), asio::detached);
  loop.poll();
  for (std::uint64_t id = 11; id <= 40; ++id) ring.publish(make_event(id, "other"));
  ring.publish(make_event(41, "app"));
  loop.poll();
  EXPECT_EQ(got, (std::vector<std::uint64_t>{41}));
  EXPECT_FALSE(end);
  ring.close();
  loop.poll();
}

TEST_F(event_ring_test, tells_a_listener_that_lost_events_of_its_own_to_a_burst) {
  std::vector<std::uint64_t> got;
  std::optional<error> end;
  asio::co_spawn(loop, listen(ring, app, 10, got, end), asio::detached);
  loop.poll();
  for (std::uint64_t id = 11; id <= 40; ++id) ring.publish(make_event(id, "app"));
  loop.poll();
  EXPECT_TRUE(got.empty());
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reason, "behind");
}

TEST_F(event_ring_test, gives_what_is_left_before_it_says_that_it_is_closed) {
  ring.publish(make_event(11, "app"));
  ring.close();
  EXPECT_EQ(ids_of(next(10)), (std::vector<std::uint64_t>{11}));
  EXPECT_EQ(next(11).error().code, errc::cancelled);
}

TEST_F(event_ring_test, gives_those_of_all_deployments_to_who_listens_to_all) {
  std::vector<std::uint64_t> got;
  std::optional<error> end;
  asio::co_spawn(loop, listen(ring, every_deployment, 10, got, end), asio::detached);
  loop.poll();
  ring.publish(make_event(11, "app"));
  loop.poll();
  ring.publish(make_event(12, "other"));
  loop.poll();
  EXPECT_EQ(got, (std::vector<std::uint64_t>{11, 12}));
  EXPECT_TRUE(ring.has_after(every_deployment, 11));
  EXPECT_FALSE(ring.has_after(every_deployment, 12));
  // Whoever reads all misses what leaves the ring, whosever it was.
  for (std::uint64_t id = 13; id < 20; ++id) ring.publish(make_event(id, "other"));
  loop.poll();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->reason, "behind");
}

}  // namespace
}  // namespace krane
