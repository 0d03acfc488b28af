#include "runs/at_once.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "base/async.hpp"
#include "support/run_coroutine.hpp"

namespace krane::test {
namespace {

using namespace std::chrono_literals;

struct counts {
  int begun = 0;
  int ended = 0;
};

// Takes a moment to end even when it is cancelled, as a request to the engine does that is taken back.
task<void> takes(std::chrono::milliseconds time, counts& of, std::optional<error> fails = {}) {
  ++of.begun;
  co_await sleep_for(time);
  ++of.ended;
  if (fails) co_return *fails;
  co_return result<void>{};
}

coroutine<result<void>> all_of(std::vector<std::chrono::milliseconds> times, counts& of) {
  std::vector<task<void>> works;
  for (auto const time : times) works.push_back(takes(time, of));
  co_return co_await at_once(std::move(works));
}

coroutine<result<void>> two_that_fail(counts& of) {
  std::vector<task<void>> works;
  works.push_back(takes(20ms, of, make_error(errc::conflict, "later")));
  works.push_back(takes(1ms, of, make_error(errc::conflict, "first")));
  works.push_back(takes(1ms, of));
  co_return co_await at_once(std::move(works));
}

TEST(at_once, tries_all_and_tells_the_first_error) {
  asio::io_context loop;
  counts of;
  auto const done = run_coroutine(loop, two_that_fail(of));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "first");
  EXPECT_EQ(of.ended, 3);
}

TEST(at_once, of_nothing_is_done_at_once) {
  asio::io_context loop;
  counts of;
  EXPECT_TRUE(run_coroutine(loop, all_of({}, of)));
}

coroutine<void> one_round(counts& of, bool& went_on, bool& is_cancelled) {
  auto const done = co_await all_of({1h, 1h, 1h}, of);
  // All that it began is over by now: what they work with goes away with this frame.
  went_on = of.begun == of.ended;
  is_cancelled = !done && done.error().code == errc::cancelled;
}

coroutine<void> cancel_a_round(executor on, counts& of, bool& went_on, bool& is_cancelled) {
  task_group group(on);
  group.spawn("a round", one_round(of, went_on, is_cancelled));
  co_await sleep_for(20ms);
  co_await group.stop();
}

TEST(at_once, that_is_cancelled_ends_when_all_have_ended) {
  asio::io_context loop;
  counts of;
  bool went_on = false, is_cancelled = false;
  run_coroutine(loop, cancel_a_round(loop.get_executor(), of, went_on, is_cancelled));
  EXPECT_EQ(of.begun, 3);
  EXPECT_TRUE(went_on);
  EXPECT_TRUE(is_cancelled);
}

coroutine<void> then_waits(counts& of, bool& slept) {
  (void)co_await all_of({1ms}, of);
  slept = co_await sleep_for(1h);
}

coroutine<void> cancel_what_comes_after(executor on, counts& of, bool& slept) {
  task_group group(on);
  group.spawn("what comes after", then_waits(of, slept));
  while (of.ended == 0) co_await sleep_for(1ms);
  co_await sleep_for(20ms);
  co_await group.stop();
}

TEST(at_once, leaves_its_caller_as_easy_to_cancel_as_before) {
  asio::io_context loop;
  counts of;
  bool slept = true;
  run_coroutine(loop, cancel_what_comes_after(loop.get_executor(), of, slept));
  EXPECT_FALSE(slept);
}

}  // namespace
}  // namespace krane::test
