#pragma once
// The coroutine types of the program. All coroutines run on the one network thread; executors are spelled out because
// type-erased ones cost a tenth of the throughput.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.hpp"

namespace krane {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;

template <class T>
using coroutine = asio::awaitable<T, executor>;

// What fails is a value: no exception crosses a task but for bugs.
template <class T>
using task = coroutine<result<T>>;

inline constexpr asio::use_awaitable_t<executor> use_coroutine{};

// co_await op(use_tuple) gives [error_code, values…] instead of throwing.
inline constexpr auto use_tuple = asio::as_tuple(use_coroutine);

}  // namespace krane
