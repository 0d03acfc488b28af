#pragma once
// Runs one coroutine to its end on a network loop of the test's own. A test that would hang fails instead, after
// `limit`, and the loop's other coroutines are left as they are.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include "base/task.hpp"

namespace krane::test {

template <class T>
T run_coroutine(asio::io_context& loop, coroutine<T> body, std::chrono::milliseconds limit = std::chrono::seconds{30}) {
  bool ended = false;
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(loop.get_executor(), std::move(body), [&](std::exception_ptr e) {
      failure = e;
      ended = true;
    });
  } else {
    std::optional<T> value;
    asio::co_spawn(loop.get_executor(), std::move(body), [&](std::exception_ptr e, T v) {
      failure = e;
      if (!e) value.emplace(std::move(v));
      ended = true;
    });
    loop.restart();
    auto const until = std::chrono::steady_clock::now() + limit;
    while (!ended && std::chrono::steady_clock::now() < until) loop.run_one_until(until);
    if (failure) std::rethrow_exception(failure);
    if (!ended) throw std::runtime_error("the coroutine did not end in time");
    return std::move(*value);
  }
  loop.restart();
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!ended && std::chrono::steady_clock::now() < until) loop.run_one_until(until);
  if (failure) std::rethrow_exception(failure);
  if (!ended) throw std::runtime_error("the coroutine did not end in time");
  if constexpr (std::is_void_v<T>) return;
}

}  // namespace krane::test
