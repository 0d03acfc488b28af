#include "base/async.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "base/log.hpp"
#include "support/run_coroutine.hpp"

namespace krane {
namespace {

using namespace std::chrono_literals;
using test::run_coroutine;

constexpr auto for_ever = std::chrono::hours{1};

// Lets everything that is ready to run do so.
coroutine<void> let_others_run() {
  for (int i = 0; i < 5; ++i) co_await asio::post(co_await asio::this_coro::executor, use_coroutine);
}

class async : public testing::Test {
protected:
  asio::io_context loop;
  std::vector<std::string> seen;

  void saw(std::string what) { seen.push_back(std::move(what)); }
  template <class T>
  T run(coroutine<T> body) {
    return run_coroutine(loop, std::move(body));
  }
};

using texts = std::vector<std::string>;

// --- signal

coroutine<void> wait_and_tell(signal& s, std::string name, texts& seen) {
  bool const woken = co_await s.wait();
  seen.push_back(name + (woken ? " woken" : " cancelled"));
}

coroutine<void> wake_two(signal& s, task_group& group, texts& seen) {
  group.spawn("a", wait_and_tell(s, "a", seen));
  group.spawn("b", wait_and_tell(s, "b", seen));
  co_await let_others_run();
  seen.emplace_back("notify");
  s.notify_all();
  co_await let_others_run();
  co_await group.stop();
}

TEST_F(async, signal_wakes_everybody_who_waits) {
  signal s{loop.get_executor()};
  task_group group{loop.get_executor()};
  run(wake_two(s, group, seen));
  EXPECT_EQ(seen, (texts{"notify", "a woken", "b woken"}));
}

coroutine<bool> notify_then_wait(signal& s) {
  s.notify_all();
  co_return co_await s.wait_for(1ms);
}

TEST_F(async, signal_forgets_a_notification_that_nobody_waited_for) {
  signal s{loop.get_executor()};
  EXPECT_FALSE(run(notify_then_wait(s)));
}

coroutine<void> cancel_waiter(signal& s, task_group& group, texts& seen) {
  group.spawn("a", wait_and_tell(s, "a", seen));
  co_await let_others_run();
  group.cancel();
  co_await let_others_run();
  s.notify_all();
  co_await group.stop();
}

TEST_F(async, signal_tells_a_cancelled_waiter_so) {
  signal s{loop.get_executor()};
  task_group group{loop.get_executor()};
  run(cancel_waiter(s, group, seen));
  EXPECT_EQ(seen, texts{"a cancelled"});
}

TEST_F(async, signal_lets_its_waiters_go_when_it_is_destroyed) {
  auto s = std::make_unique<signal>(loop.get_executor());
  asio::co_spawn(loop, wait_and_tell(*s, "a", seen), [](std::exception_ptr) {});
  loop.poll();
  s.reset();
  loop.restart();
  loop.poll();
  EXPECT_EQ(seen, texts{"a cancelled"});
}

TEST_F(async, a_waiter_outlives_neither_its_loop_nor_its_signal) {
  auto other = std::make_unique<asio::io_context>();
  signal s{other->get_executor()};
  asio::co_spawn(*other, wait_and_tell(s, "a", seen), [](std::exception_ptr) {});
  other->poll();
  other.reset();
  s.notify_all();
  EXPECT_TRUE(seen.empty());
}

coroutine<void> wait_for_and_tell(signal& s, texts& seen) {
  seen.emplace_back(co_await s.wait_for(for_ever) ? "woken" : "late");
}

coroutine<void> wake_one_with_limit(signal& s, task_group& group, texts& seen) {
  group.spawn("a", wait_for_and_tell(s, seen));
  co_await let_others_run();
  s.notify_all();
  co_await let_others_run();
  co_await group.stop();
}

TEST_F(async, signal_wakes_before_the_limit_is_over) {
  signal s{loop.get_executor()};
  task_group group{loop.get_executor()};
  run(wake_one_with_limit(s, group, seen));
  EXPECT_EQ(seen, texts{"woken"});
}

// --- semaphore

coroutine<void> hold(semaphore& slots, std::string name, signal& let_go, texts& seen) {
  auto slot = co_await slots.acquire();
  seen.push_back(name + (slot ? " in" : " refused"));
  if (!slot) co_return;
  co_await let_go.wait();
  seen.push_back(name + " out");
}

coroutine<void> four_in_turn(semaphore& slots, signal& let_go, task_group& group, texts& seen) {
  for (auto const* name : {"a", "b", "c", "d"}) group.spawn(name, hold(slots, name, let_go, seen));
  co_await let_others_run();
  seen.emplace_back("-");
  let_go.notify_all();
  co_await let_others_run();
  seen.emplace_back("-");
  let_go.notify_all();
  co_await let_others_run();
  EXPECT_EQ(group.size(), 0U);
  co_await group.stop();
}

TEST_F(async, semaphore_serves_those_waiting_in_their_order) {
  semaphore slots{loop.get_executor(), 2};
  signal let_go{loop.get_executor()};
  task_group group{loop.get_executor()};
  run(four_in_turn(slots, let_go, group, seen));
  EXPECT_EQ(seen, (texts{"a in", "b in", "-", "a out", "b out", "c in", "d in", "-", "c out", "d out"}));
}

coroutine<void> cancelled_in_the_queue(semaphore& slots, signal& let_go, task_group& holders, task_group& waiters,
                                       texts& seen) {
  holders.spawn("a", hold(slots, "a", let_go, seen));
  waiters.spawn("b", hold(slots, "b", let_go, seen));
  co_await let_others_run();
  waiters.cancel();
  co_await let_others_run();
  let_go.notify_all();
  co_await let_others_run();
  holders.spawn("c", hold(slots, "c", let_go, seen));
  co_await let_others_run();
  let_go.notify_all();
  co_await let_others_run();
  co_await waiters.stop();
  co_await holders.stop();
}

TEST_F(async, semaphore_loses_no_slot_to_a_cancelled_waiter) {
  semaphore slots{loop.get_executor(), 1};
  signal let_go{loop.get_executor()};
  task_group holders{loop.get_executor()};
  task_group waiters{loop.get_executor()};
  run(cancelled_in_the_queue(slots, let_go, holders, waiters, seen));
  EXPECT_EQ(seen, (texts{"a in", "b refused", "a out", "c in", "c out"}));
}

coroutine<void> cancelled_when_served(semaphore& slots, signal& let_go, task_group& holders, task_group& waiters,
                                      texts& seen) {
  holders.spawn("a", hold(slots, "a", let_go, seen));
  waiters.spawn("b", hold(slots, "b", let_go, seen));
  co_await let_others_run();
  holders.cancel();  // a's slot goes to b in the same turn of the loop …
  asio::post(co_await asio::this_coro::executor, [&] { waiters.cancel(); });  // … in which b is cancelled
  co_await let_others_run();
  holders.spawn("c", hold(slots, "c", let_go, seen));
  co_await let_others_run();
  EXPECT_EQ(seen.back(), "c in");
  co_await waiters.stop();
  co_await holders.stop();
}

TEST_F(async, semaphore_loses_no_slot_to_a_waiter_cancelled_as_it_is_served) {
  semaphore slots{loop.get_executor(), 1};
  signal let_go{loop.get_executor()};
  task_group holders{loop.get_executor()};
  task_group waiters{loop.get_executor()};
  run(cancelled_when_served(slots, let_go, holders, waiters, seen));
}

TEST_F(async, semaphore_lease_can_be_handed_on) {
  semaphore slots{loop.get_executor(), 1};
  auto first = run(slots.acquire());
  ASSERT_TRUE(first);
  semaphore::lease kept = std::move(*first);
  semaphore::lease other;
  other = std::move(kept);
  other = semaphore::lease{};  // gives the slot back
  EXPECT_TRUE(run(slots.acquire()));
}

// --- task_group

coroutine<void> sleep_and_tell(std::string name, texts& seen) {
  struct on_end {
    std::string name;
    texts& seen;
    ~on_end() { seen.push_back(name + " ended"); }
  } guard{name, seen};
  co_await sleep_for(for_ever);
  co_await sleep_for(for_ever);
  seen.push_back(name + " must not come here");
}

coroutine<void> stop_two(task_group& group, texts& seen) {
  group.spawn("one", sleep_and_tell("one", seen));
  group.spawn("two", sleep_and_tell("two", seen));
  EXPECT_EQ(group.names(), (texts{"one", "two"}));
  co_await let_others_run();
  co_await group.stop();
  seen.emplace_back("stopped");
}

TEST_F(async, task_group_cancels_and_awaits_what_it_owns) {
  task_group group{loop.get_executor()};
  run(stop_two(group, seen));
  EXPECT_EQ(seen, (texts{"one ended", "two ended", "stopped"}));
  EXPECT_EQ(group.size(), 0U);
}

coroutine<void> both_at_once(texts& seen) {
  using asio::experimental::awaitable_operators::operator||;
  co_await (sleep_and_tell("one", seen) || sleep_and_tell("two", seen));
}

coroutine<void> stop_both_at_once(task_group& group, texts& seen) {
  group.spawn("both", both_at_once(seen));
  co_await let_others_run();
  co_await group.stop();
}

TEST_F(async, task_group_takes_the_end_of_several_at_once_for_no_fault) {
  task_group group{loop.get_executor()};
  testing::internal::CaptureStderr();
  run(stop_both_at_once(group, seen));
  log::flush();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(seen.size(), 2U);
}

coroutine<void> stop_only(task_group& group) {
  co_await group.stop();
}

TEST_F(async, task_group_takes_nothing_after_its_stop) {
  task_group group{loop.get_executor()};
  run(stop_only(group));
  group.spawn("late", sleep_and_tell("late", seen));
  EXPECT_EQ(group.size(), 0U);
  EXPECT_TRUE(seen.empty());
}

TEST_F(async, task_group_never_begins_what_is_cancelled_before_its_first_turn) {
  task_group group{loop.get_executor()};
  group.spawn("one", sleep_and_tell("one", seen));
  group.cancel();
  run(stop_only(group));
  EXPECT_TRUE(seen.empty());
}

coroutine<void> cancel_own_group(task_group& group) {
  group.cancel();
  co_return;
}

TEST_F(async, task_group_bears_a_member_that_cancels_it_and_never_waits) {
  task_group group{loop.get_executor()};
  group.spawn("one", cancel_own_group(group));
  group.spawn("two", sleep_and_tell("two", seen));
  run(stop_only(group));
  EXPECT_EQ(group.size(), 0U);
}

coroutine<void> throw_at_once() {
  throw std::runtime_error("a bug");
  co_return;
}
coroutine<void> throw_a_number() {
  throw 7;
  co_return;
}

TEST_F(async, task_group_outlives_the_exceptions_of_its_members) {
  task_group group{loop.get_executor()};
  testing::internal::CaptureStderr();
  group.spawn("the thrower", throw_at_once());
  group.spawn("the odd one", throw_a_number());
  run(let_others_run());
  std::string const log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("the thrower ended by an exception: a bug"), std::string::npos) << log;
  EXPECT_NE(log.find("the odd one ended by an exception"), std::string::npos) << log;
  EXPECT_EQ(group.size(), 0U);
  run(stop_only(group));
}

coroutine<void> ignore_cancellation(signal& let_go, texts& seen) {
  co_await asio::this_coro::throw_if_cancelled(false);
  while (!co_await let_go.wait()) seen.emplace_back("asked to end");
  seen.emplace_back("ended");
}

coroutine<void> let_go_when_asked_twice(signal& let_go, texts& seen) {
  while (seen.size() < 2) co_await sleep_for(1ms);
  let_go.notify_all();
}

TEST_F(async, task_group_waits_for_a_member_that_takes_its_time) {
  signal let_go{loop.get_executor()};
  task_group group{loop.get_executor()};
  task_group other{loop.get_executor()};
  group.spawn("slow", ignore_cancellation(let_go, seen));
  other.spawn("helper", let_go_when_asked_twice(let_go, seen));
  run(let_others_run());
  run(stop_only(group));
  EXPECT_EQ(seen.back(), "ended");
  run(stop_only(other));
}

TEST_F(async, task_group_says_so_when_it_ends_before_its_members) {
  testing::internal::CaptureStderr();
  {
    asio::io_context other;
    task_group group{other.get_executor()};
    group.spawn("forgotten", sleep_and_tell("forgotten", seen));
    other.poll();
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("forgotten"), std::string::npos);
}

// --- with_deadline

task<int> give(int value) {
  co_return value;
}
task<int> give_after_a_turn(int value) {
  co_await let_others_run();
  co_return value;
}
task<int> give_late(texts& seen) {
  bool const whole = co_await sleep_for(for_ever);
  seen.emplace_back(whole ? "slept" : "cancelled");
  co_return 1;
}
task<int> throw_after_a_turn() {
  co_await let_others_run();
  throw std::runtime_error("a bug");
}

error too_late() {
  return make_error(errc::timed_out, "too late");
}

TEST_F(async, with_deadline_gives_what_came_in_time) {
  EXPECT_EQ(*run(with_deadline(give(7), for_ever, too_late())), 7);
  EXPECT_EQ(*run(with_deadline(give_after_a_turn(8), for_ever, too_late())), 8);
}

TEST_F(async, with_deadline_cancels_what_is_late_and_awaits_its_end) {
  auto const outcome = run(with_deadline(give_late(seen), 1ms, too_late()));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), too_late());
  EXPECT_EQ(seen, texts{"cancelled"});
}

TEST_F(async, with_deadline_passes_an_exception_on_at_once) {
  EXPECT_THROW((void)run(with_deadline(throw_after_a_turn(), for_ever, too_late())), std::runtime_error);
}

coroutine<void> guarded_sleep(texts& seen) {
  auto const outcome = co_await with_deadline(give_late(seen), for_ever, too_late());
  if (outcome) seen.emplace_back("gave a value");
}

coroutine<void> cancel_guarded_sleep(task_group& group, texts& seen) {
  group.spawn("sleeper", guarded_sleep(seen));
  co_await let_others_run();
  co_await group.stop();
}

TEST_F(async, with_deadline_ends_when_the_whole_is_cancelled) {
  task_group group{loop.get_executor()};
  run(cancel_guarded_sleep(group, seen));
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front(), "cancelled");
}

task<int> nested(int depth) {
  if (depth == 0) co_return 1;
  co_return co_await with_deadline(nested(depth - 1), for_ever, too_late());
}

TEST_F(async, with_deadline_can_be_nested) {
  EXPECT_EQ(*run(nested(50)), 1);
}

// --- sleep_for

coroutine<void> sleep_for_ever(texts& seen) {
  seen.emplace_back(co_await sleep_for(for_ever) ? "whole" : "cut");
}

coroutine<void> cut_short(task_group& group, texts& seen) {
  group.spawn("sleeper", sleep_for_ever(seen));
  co_await let_others_run();
  co_await group.stop();
}

TEST_F(async, sleep_for_says_whether_it_slept) {
  EXPECT_TRUE(run(sleep_for(1ms)));
  task_group group{loop.get_executor()};
  run(cut_short(group, seen));
  EXPECT_EQ(seen, texts{"cut"});
}

// --- the tests' own helper

coroutine<void> wait_for_nothing() {
  co_await asio::async_initiate<asio::use_awaitable_t<executor> const, void()>([](auto) {}, use_coroutine);
}

TEST_F(async, run_coroutine_fails_at_once_when_nothing_can_wake_it) {
  auto const begin = std::chrono::steady_clock::now();
  EXPECT_THROW(run(wait_for_nothing()), std::exception);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(async, run_coroutine_names_what_still_runs) {
  task_group group{loop.get_executor()};
  group.spawn("the reader", sleep_and_tell("reader", seen));
  try {
    run_coroutine(loop, sleep_for(for_ever), 20ms, &group);
    FAIL() << "it must not end";
  } catch (std::exception const& e) {
    EXPECT_NE(std::string(e.what()).find("the reader"), std::string::npos) << e.what();
  }
  run(stop_only(group));
}

}  // namespace
}  // namespace krane
