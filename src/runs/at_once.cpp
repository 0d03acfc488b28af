#include "runs/at_once.hpp"

#include <boost/asio/this_coro.hpp>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/async.hpp"

namespace krane {
namespace {

constexpr std::size_t most_at_once = 8;

struct progress {
  explicit progress(executor ex) : slots(ex, most_at_once), ended(ex) {}
  semaphore slots;
  signal ended;
  std::size_t left = 0;
  std::optional<error> failed{};
};

coroutine<void> do_one(task<void> work, progress& of) {
  auto const slot = co_await of.slots.acquire();
  auto const done = slot ? co_await std::move(work) : result<void>(slot.error());
  if (!done && !of.failed) of.failed = done.error();
  --of.left;
  of.ended.notify_all();
}

}  // namespace

task<void> at_once(std::vector<task<void>> works) {
  executor const ex = co_await asio::this_coro::executor;
  progress of(ex);
  task_group group(ex);
  of.left = works.size();
  for (task<void>& one : works) group.spawn("one of several at once", do_one(std::move(one), of));
  bool cancelled = false;
  while (of.left > 0 && !cancelled) cancelled = !co_await of.ended.wait();
  co_await group.stop();
  if (cancelled) co_return make_error(errc::cancelled, "cancelled");
  if (of.failed) co_return *of.failed;
  co_return result<void>{};
}

}  // namespace krane
