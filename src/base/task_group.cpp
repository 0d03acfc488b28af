#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "base/async.hpp"
#include "base/bug_report.hpp"

namespace krane {

struct task_group::member {
  std::string name;
  asio::cancellation_signal signal;
  bool started = false;
  bool cancelled = false;

  void cancel() {
    cancelled = true;
    if (started) signal.emit(asio::cancellation_type::terminal);
  }
};

namespace {

// Asio unwinds a cancelled coroutine with operation_aborted, which is its normal end; and one that waits for several
// things at once with an exception of each.
void report_unless_cancelled(std::string const& name, std::exception_ptr const& why) {
  try {
    std::rethrow_exception(why);
  } catch (asio::multiple_exceptions const& several) {
    report_unless_cancelled(name, several.first_exception());
  } catch (boost::system::system_error const& e) {
    if (e.code() != asio::error::operation_aborted)
      report_bug(fmt::format("{} ended by an exception: {}", name, e.what()));
  } catch (std::exception const& e) {
    report_bug(fmt::format("{} ended by an exception: {}", name, e.what()));
  } catch (...) {
    report_bug(fmt::format("{} ended by an exception of an unknown kind", name));
  }
}

}  // namespace

task_group::task_group(executor ex) : ex_(ex), ended_(ex) {}

task_group::~task_group() {
  if (!members_.empty())
    report_bug(fmt::format("a task group ended before its coroutines: {}", fmt::join(names(), ", ")));
}

// Asio lets operation_aborted out of io_context::run() when a coroutine is cancelled before it ever waited; so one that
// has not begun is only marked, and the end of each is out of reach of the cancellation.
coroutine<void> task_group::run_member(std::shared_ptr<member> self, coroutine<void> body) {
  self->started = true;
  try {
    if (!self->cancelled) co_await std::move(body);
  } catch (...) {
    report_unless_cancelled(self->name, std::current_exception());
  }
  co_await asio::this_coro::throw_if_cancelled(false);
}

void task_group::spawn(std::string name, coroutine<void> body) {
  if (stopping_) return;
  auto const self = std::make_shared<member>();
  self->name = std::move(name);
  auto const position = members_.insert(members_.end(), self);
  auto on_end = [this, position](std::exception_ptr) {
    members_.erase(position);
    ended_.notify_all();
  };
  asio::co_spawn(ex_, run_member(self, std::move(body)),
                 asio::bind_cancellation_slot(self->signal.slot(), std::move(on_end)));
}

void task_group::cancel() {
  // A cancelled coroutine may end at once and take itself, or others, off the list.
  std::vector<std::shared_ptr<member>> const all(members_.begin(), members_.end());
  for (auto const& one : all) one->cancel();
}

coroutine<void> task_group::stop() {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  stopping_ = true;
  cancel();
  while (!members_.empty()) {
    bool const some_ended = co_await ended_.wait_for(std::chrono::milliseconds{100});
    if (!some_ended) cancel();  // one may have been where cancellation does not reach
  }
}

std::size_t task_group::size() const {
  return members_.size();
}

std::vector<std::string> task_group::names() const {
  std::vector<std::string> all;
  all.reserve(members_.size());
  for (auto const& one : members_) all.push_back(one->name);
  return all;
}

}  // namespace krane
