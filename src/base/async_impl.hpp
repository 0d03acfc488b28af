#pragma once
// The templates behind async.hpp; include that.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "base/task.hpp"

namespace krane {

coroutine<bool> sleep_for(std::chrono::steady_clock::duration how_long);

namespace async_detail {

// A struct, since the || of awaitables takes variants apart.
template <class T>
struct outcome {
  std::optional<result<T>> value;
  std::exception_ptr thrown;
};

// An exception as a value: the || of awaitables waits for the other side when one throws, and forgets what was thrown.
template <class T>
coroutine<outcome<T>> caught(task<T> work) {
  outcome<T> ended;
  try {
    ended.value.emplace(co_await std::move(work));
  } catch (...) {
    ended.thrown = std::current_exception();
  }
  co_return ended;
}

}  // namespace async_detail

template <class T>
task<T> with_deadline(task<T> work, std::chrono::steady_clock::duration limit, error when_late) {
  using asio::experimental::awaitable_operators::operator||;
  auto first = co_await (async_detail::caught<T>(std::move(work)) || sleep_for(limit));
  if (first.index() == 1) {
    // sleep_for answers false only when the whole of us is cancelled from outside.
    if (!std::get<1>(first)) co_return make_error(errc::cancelled, "cancelled");
    co_return when_late;
  }
  auto& ended = std::get<0>(first);
  if (ended.thrown) std::rethrow_exception(ended.thrown);
  co_return *std::move(ended.value);
}

}  // namespace krane
