#include "base/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "base/async.hpp"
#include "support/run_coroutine.hpp"

namespace krane {
namespace {

using test::run_coroutine;

class blocking_pool_of_one : public testing::Test {
protected:
  asio::io_context loop;
  blocking_pool pool{1};

  template <class T>
  T run(coroutine<T> body) {
    return run_coroutine(loop, std::move(body));
  }
};

coroutine<void> compare_threads(blocking_pool& pool) {
  auto const here = std::this_thread::get_id();
  auto const there =
      co_await pool.run<std::thread::id>([]() -> result<std::thread::id> { return std::this_thread::get_id(); });
  EXPECT_NE(*there, here);
  EXPECT_EQ(std::this_thread::get_id(), here);
}

TEST_F(blocking_pool_of_one, works_on_a_thread_of_its_own_and_comes_back) {
  run(compare_threads(pool));
}

TEST_F(blocking_pool_of_one, gives_values_and_errors_back) {
  EXPECT_EQ(*run(pool.run<int>([]() -> result<int> { return 7; })), 7);
  EXPECT_TRUE(run(pool.run<void>([]() -> result<void> { return {}; })));
  auto const failed = run(pool.run<int>([]() -> result<int> { return make_error(errc::not_found, "no such row"); }));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::not_found);
}

TEST_F(blocking_pool_of_one, makes_an_error_of_an_exception) {
  auto const failed = run(pool.run<int>([]() -> result<int> { throw std::runtime_error("disk on fire"); }));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, errc::internal);
  EXPECT_EQ(failed.error().message, "disk on fire");
  EXPECT_FALSE(run(pool.run<int>([]() -> result<int> { throw 7; })));
}

TEST_F(blocking_pool_of_one, logs_an_exception_of_posted_work_and_goes_on) {
  testing::internal::CaptureStderr();
  pool.post([] { throw std::runtime_error("disk on fire"); });
  EXPECT_TRUE(run(pool.run<void>([]() -> result<void> { return {}; })));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("disk on fire"), std::string::npos);
}

coroutine<void> append(blocking_pool& pool, int value, std::vector<int>& order) {
  auto const done = co_await pool.run<void>([&order, value]() -> result<void> {
    order.push_back(value);
    return {};
  });
  EXPECT_TRUE(done);
}

coroutine<void> hand_over_in_order(blocking_pool& pool, task_group& group, signal& poll, std::vector<int>& order) {
  for (int i = 0; i < 100; i += 2) {
    group.spawn("append", append(pool, i, order));
    pool.post([&order, i] { order.push_back(i + 1); });
  }
  while (group.size() > 0) co_await poll.wait_for(std::chrono::milliseconds{1});
  co_await group.stop();
}

TEST_F(blocking_pool_of_one, works_in_the_order_in_which_work_was_handed_over) {
  task_group group{loop.get_executor()};
  signal poll{loop.get_executor()};
  std::vector<int> order;
  run(hand_over_in_order(pool, group, poll, order));
  pool.stop();
  std::vector<int> expected(100);
  for (int i = 0; i < 100; ++i) expected[static_cast<std::size_t>(i)] = i;
  EXPECT_EQ(order, expected);
}

coroutine<void> work_until(blocking_pool& pool, std::shared_future<void> go, std::atomic<bool>& finished) {
  auto const done = co_await pool.run<void>([go, &finished]() -> result<void> {
    go.wait();
    finished = true;
    return {};
  });
  EXPECT_TRUE(done);
}

coroutine<void> cancel_while_working(task_group& group, blocking_pool& pool, std::promise<void>& go,
                                     std::atomic<bool>& finished) {
  group.spawn("worker", work_until(pool, go.get_future().share(), finished));
  group.cancel();
  EXPECT_EQ(group.size(), 1U);
  go.set_value();
  co_await group.stop();
  EXPECT_TRUE(finished);
}

TEST_F(blocking_pool_of_one, finishes_work_whose_coroutine_is_cancelled) {
  task_group group{loop.get_executor()};
  std::promise<void> go;
  std::atomic<bool> finished = false;
  run(cancel_while_working(group, pool, go, finished));
}

TEST(blocking_pool, can_be_stopped_while_coroutines_wait_for_a_loop_that_no_longer_runs) {
  asio::io_context loop;
  blocking_pool pool{2};
  std::vector<int> order;
  asio::co_spawn(loop, append(pool, 1, order), [](std::exception_ptr) {});
  loop.poll();
  pool.stop();
  EXPECT_EQ(order, std::vector<int>{1});
}

}  // namespace
}  // namespace krane
