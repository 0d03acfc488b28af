#include "runs/at_once.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/async.hpp"

namespace krane {
namespace {

constexpr std::size_t most_at_once = 8;

struct several {
  semaphore slots;
  std::vector<task<void>> works;
  std::optional<error> failed{};
};

coroutine<void> do_one(std::size_t at, several& of) {
  auto const slot = co_await of.slots.acquire();
  auto const done = slot ? co_await std::move(of.works[at]) : result<void>(slot.error());
  if (!done && !of.failed) of.failed = done.error();
}

coroutine<void> do_from(std::size_t at, several& of) {
  using asio::experimental::awaitable_operators::operator&&;
  if (at + 1 == of.works.size())
    co_await do_one(at, of);
  else
    co_await (do_one(at, of) && do_from(at + 1, of));
}

}  // namespace

task<void> at_once(std::vector<task<void>> works) {
  if (works.empty()) co_return result<void>{};
  several all{semaphore(co_await asio::this_coro::executor, most_at_once), std::move(works)};
  co_await do_from(0, all);
  // Whatever those came to that were cut short.
  auto const state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return make_error(errc::cancelled, "cancelled");
  if (all.failed) co_return *all.failed;
  co_return result<void>{};
}

}  // namespace krane
