#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <set>

#include "unit/store/store_fixture.hpp"

namespace krane::test {
namespace {

class commits_test : public store_test {
protected:
  // Keeps the database thread in the commit of this deployment until let_go().
  void occupy() {
    disk.hold_sync();
    begin<deployment_store::put_outcome>(state->deployments().put(spec_of("occupied"), false, at(0)),
                                         [](auto const& given) { EXPECT_TRUE(given); });
    loop.restart();
    loop.poll();
    disk.wait_until_held();
  }
  void begin_put(spec wanted) {
    begin<deployment_store::put_outcome>(state->deployments().put(std::move(wanted), false, at(0)), [this](auto given) {
      outcomes.push_back(given ? given->now.config.name.str() : given.error().reason);
    });
  }
  void hand_over() {
    loop.restart();
    loop.poll();
  }

  std::vector<std::string> outcomes;
};

TEST_F(commits_test, what_waits_together_is_committed_together) {
  open();
  put(spec_of("first"));  // so that the log has its head
  occupy();
  for (int i = 0; i < 100; ++i) begin_put(spec_of("app-" + std::to_string(i)));
  hand_over();
  auto const before = disk.count(disk_operation::sync);
  disk.let_go();
  drain();
  EXPECT_EQ(outcomes.size(), 100u);
  // The one that was held, and one for the hundred.
  EXPECT_EQ(disk.count(disk_operation::sync), before + 2);
  reopen();
  EXPECT_EQ(state->list_deployments().size(), 102u);
}

TEST_F(commits_test, one_that_fails_leaves_the_others_of_its_commit_alone) {
  open();
  occupy();
  begin_put(spec_of("a", port{9000}));
  begin_put(spec_of("b", port{9000}));
  begin_put(spec_of("c", port{9001}));
  hand_over();
  disk.let_go();
  drain();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"a", "host_port_taken", "c"}));
  reopen();
  EXPECT_NE(state->find_deployment(deployment_name{"c"}), nullptr);
  EXPECT_EQ(state->find_deployment(deployment_name{"b"}), nullptr);
}

TEST_F(commits_test, listeners_hear_of_a_commit_before_those_who_wait_for_it_and_in_order) {
  open();
  std::vector<std::string> heard;
  state->on_commit([&](commit const& c) {
    for (auto const& one : c.changed) {
      EXPECT_NE(state->find_deployment(one.config.name), nullptr);
      heard.push_back("told " + one.config.name.str());
    }
  });
  occupy();
  for (auto const* name : {"x", "y"})
    begin<deployment_store::put_outcome>(state->deployments().put(spec_of(name), false, at(0)),
                                         [&heard, name](auto const&) { heard.push_back(std::string("done ") + name); });
  hand_over();
  disk.let_go();
  drain();
  EXPECT_EQ(heard, (std::vector<std::string>{"told occupied", "told x", "told y", "done x", "done y"}));
}

TEST_F(commits_test, a_listener_that_throws_keeps_nobody_waiting) {
  open();
  state->on_commit([](commit const&) { throw std::runtime_error("a bug"); });
  EXPECT_EQ(put(spec_of("app")).config.name.str(), "app");
}

TEST_F(commits_test, a_read_sees_what_was_handed_over_before_it) {
  open();
  put(spec_of("app"));
  occupy();
  std::size_t found = 0;
  begin<void>(state->events().append({draft(spec_of("app"), "before")}, {}),
              [](auto const& given) { EXPECT_TRUE(given); });
  begin<std::vector<event>>(state->events().after(deployment_name{"app"}, 0, 10),
                            [&](auto const& given) { found = given->size(); });
  hand_over();
  disk.let_go();
  drain();
  EXPECT_EQ(found, 1u);
}

TEST_F(commits_test, many_coroutines_at_once_get_events_in_one_order) {
  open();
  constexpr int many = 20;
  for (int i = 0; i < many; ++i) put(spec_of("app-" + std::to_string(i)));
  int ended = 0;
  std::set<std::string> ids;
  for (int round = 0; round < 10; ++round)
    for (int i = 0; i < many; ++i)
      begin<run_store::accept_outcome>(
          state->runs().accept(deployment_name{"app-" + std::to_string(i)}, run_kind::deploy, {}, {}, at(1)),
          [&](auto const& given) {
            ASSERT_TRUE(given);
            ids.insert(given->accepted.id.str());
            ++ended;
          });
  drain();
  EXPECT_EQ(ended, 10 * many);
  EXPECT_EQ(ids.size(), 10u * many);
  std::vector<std::uint64_t> told;
  for (auto const& c : commits)
    for (auto const& e : c.events) told.push_back(e.id);
  EXPECT_TRUE(std::ranges::is_sorted(told));
  EXPECT_EQ(told.size(), 10u * many + 9u * many);  // each superseded the one before it
  EXPECT_EQ(told.back(), told.size());
  EXPECT_EQ(state->last_event_id(), told.back());
  for (int i = 0; i < many; ++i) {
    auto const runs = get(state->runs().list(deployment_name{"app-" + std::to_string(i)}, 100));
    ASSERT_EQ(runs.size(), 10u);
    EXPECT_EQ(runs.front().number, 10u);
    EXPECT_EQ(std::ranges::count(runs, run_step::superseded, &run::step), 9);
  }
}

TEST_F(commits_test, too_much_waiting_is_refused_at_once) {
  tuning.queue_limit = 5;
  open();
  occupy();
  for (int i = 0; i < 6; ++i) begin_put(spec_of("app-" + std::to_string(i)));
  hand_over();
  EXPECT_EQ(outcomes, (std::vector<std::string>{"overloaded", "overloaded"}));
  disk.let_go();
  drain();
  EXPECT_EQ(outcomes.size(), 6u);
  EXPECT_EQ(put(spec_of("later")).config.name.str(), "later");
}

TEST_F(commits_test, more_than_one_commit_takes_is_done_in_several) {
  tuning.batch_limit = 3;
  open();
  occupy();
  for (int i = 0; i < 10; ++i) begin_put(spec_of("app-" + std::to_string(i)));
  hand_over();
  disk.let_go();
  drain();
  EXPECT_EQ(outcomes.size(), 10u);
  EXPECT_EQ(state->list_deployments().size(), 11u);
}

TEST_F(commits_test, a_write_whose_caller_was_cancelled_is_carried_out) {
  open();
  occupy();
  asio::cancellation_signal cancel;
  bool ended = false;
  asio::co_spawn(loop.get_executor(), state->deployments().put(spec_of("app"), false, at(0)),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr, auto const&) { ended = true; }));
  hand_over();
  cancel.emit(asio::cancellation_type::terminal);
  hand_over();
  EXPECT_FALSE(ended);
  disk.let_go();
  drain();
  EXPECT_TRUE(ended);
  EXPECT_NE(state->find_deployment(deployment_name{"app"}), nullptr);
}

TEST_F(commits_test, stopping_finishes_what_was_handed_over_and_refuses_the_rest) {
  open();
  for (int i = 0; i < 50; ++i) begin_put(spec_of("app-" + std::to_string(i)));
  hand_over();
  state->stop();
  drain();
  EXPECT_EQ(outcomes.size(), 50u);
  EXPECT_EQ(get_error(state->deployments().put(spec_of("late"), false, at(0))).reason, "stopped");
  state.reset();
  open();
  EXPECT_EQ(state->list_deployments().size(), 50u);
}

TEST_F(commits_test, answers_on_their_way_survive_the_store) {
  open();
  for (int i = 0; i < 50; ++i) begin_put(spec_of("app-" + std::to_string(i)));
  hand_over();
  state->stop();
  state.reset();
  drain();
  EXPECT_EQ(outcomes.size(), 50u);
}

}  // namespace
}  // namespace krane::test
