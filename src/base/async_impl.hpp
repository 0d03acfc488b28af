#pragma once
#include <boost/asio/experimental/awaitable_operators.hpp>

namespace krane {

template <class T>
task<T> with_deadline(task<T> work, std::chrono::steady_clock::duration limit, error when_late) {
  using asio::experimental::awaitable_operators::operator||;
  auto first = co_await (std::move(work) || sleep_for(limit));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  // sleep_for answers false only when the whole of us is cancelled from outside.
  if (!std::get<1>(first)) co_return make_error(errc::cancelled, "cancelled");
  co_return when_late;
}

}  // namespace krane
