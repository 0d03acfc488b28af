#pragma once
// Runs one coroutine to its end on a network loop of the test's own. One that would hang fails the test instead: at
// once when nothing is left that could wake it, else after `limit`, and with the names of what still runs in `group`.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <variant>

#include "base/async.hpp"
#include "base/task.hpp"

namespace krane::test {

namespace detail {

template <class T>
struct progress {
  std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value;
  std::exception_ptr failure;
};

template <class T>
coroutine<void> run_into(coroutine<T> body, std::shared_ptr<progress<T>> into) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      into->value.emplace();
    } else {
      into->value.emplace(co_await std::move(body));
    }
  } catch (...) {
    into->failure = std::current_exception();
  }
}

}  // namespace detail

template <class T>
T run_coroutine(asio::io_context& loop, coroutine<T> body, std::chrono::milliseconds limit = std::chrono::seconds{30},
                task_group const* group = nullptr) {
  auto const seen = std::make_shared<detail::progress<T>>();
  asio::co_spawn(loop, detail::run_into<T>(std::move(body), seen), [](std::exception_ptr) {});
  loop.restart();
  auto const until = std::chrono::steady_clock::now() + limit;
  bool dry = false;
  while (!seen->value && !seen->failure && !dry && std::chrono::steady_clock::now() < until)
    dry = loop.run_one_until(until) == 0 && loop.stopped();
  if (seen->failure) std::rethrow_exception(seen->failure);
  if (!seen->value) {
    auto const why =
        dry ? "nothing is left that could wake it" : fmt::format("it did not end within {} ms", limit.count());
    auto const rest = group == nullptr ? "" : fmt::format("; still running: {}", fmt::join(group->names(), ", "));
    throw std::runtime_error(fmt::format("the coroutine hangs: {}{}", why, rest));
  }
  if constexpr (!std::is_void_v<T>) return std::move(*seen->value);
}

}  // namespace krane::test
