#include "runs/run_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/enum_to_string.hpp>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "model/begun.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_engine_pause{2'000};
constexpr milliseconds store_pause{1'000};

std::optional<run_id> serving_of(store& state, deployment_name const& name) {
  deployment const* const now = state.find_deployment(name);
  return now == nullptr ? std::nullopt : now->serving;
}

template <class E>
std::string name_of(E value) {
  return boost::describe::enum_to_string(value, "");
}

// Of the store: a run that has ended or is gone will not come back, and a broken store is not written to again.
bool may_pass_later(error const& why) {
  return why.reason != reason::store_failed && why.code != errc::cancelled && why.code != errc::conflict &&
         why.code != errc::not_found;
}

// Not awaited: progress is for those who watch, and must not slow the pull down.
coroutine<void> append_progress(event_store& events, event_draft progress) {
  if (auto saved = co_await events.append({std::move(progress)}, std::nullopt); !saved)
    log::debug("runs", fmt::format("progress is not recorded: {}", saved.error().message));
}

}  // namespace

void cancel_order::give(std::string message) {
  if (!message_) message_ = std::move(message);
  asked_.notify_all();
}

run_driver::run_driver(store& state, step_actions& actions, clock const& time, run_options const& options,
                       task_group& background)
    : state_(state), actions_(actions), time_(time), options_(options), background_(background) {}

task<run> run_driver::drive(run r, bool after_restart, cancel_order& order, work_slot& slot) {
  auto fresh = co_await brought_up_to_date(std::move(r));
  if (!fresh) co_return fresh.error();
  r = std::move(*fresh);
  if (r.cancel_requested) order.give("it was cancelled on request");
  transition first = order.message() && can_cancel(r)
                         ? cancel(r, *order.message(), serving_of(state_, r.what.name), time_.now())
                         : begin(r, after_restart, time_.now());
  if (auto saved = co_await save(first, order); !saved) co_return saved.error();
  failpoint("begin.saved");
  r = std::move(first.now);
  while (!is_end(r.step)) {
    auto next = co_await next_transition(r, order, slot);
    if (!next) co_return next.error();
    if (!*next) continue;
    transition t = std::move(**next);
    bool const moved = t.now.step != r.step;
    if (moved || !t.events.empty()) {
      if (auto saved = co_await save(t, order); !saved) co_return saved.error();
      if (moved) failpoint(name_of(t.now.step) + ".saved");
    }
    r = std::move(t.now);
    if (t.wait) co_await order.asked().wait_for(*t.wait);
  }
  if (r.why_failed)
    log::warn("runs", fmt::format("run {} of {} ended as {}: {}", r.number, r.what.name.str(), name_of(r.step),
                                  r.why_failed->message));
  else
    log::info("runs", fmt::format("run {} of {} ended as {}", r.number, r.what.name.str(), name_of(r.step)));
  co_return r;
}

task<run> run_driver::brought_up_to_date(run r) {
  deployment const* const of = state_.find_deployment(r.what.name);
  if (of == nullptr) co_return r;
  note_status(r, of->status);
  // One that has begun has noted what there was before it, and may have changed that already.
  if (!acts_on_what_serves(r.kind) || r.step != run_step::accepted || has_begun(r) || !of->serving) co_return r;
  run_id const id = *of->serving;
  while (true) {
    auto serving = co_await state_.runs().find(id);
    if (!serving && !may_pass_later(serving.error())) co_return serving.error();
    if (serving && *serving) act_on(r, **serving);
    if (serving) co_return r;
    if (!co_await sleep_for(store_pause)) co_return make_error(errc::cancelled, "the server stops");
  }
}

task<std::optional<transition>> run_driver::next_transition(run r, cancel_order& order, work_slot& slot) {
  std::uint32_t unanswered = 0;
  while (true) {
    if (order.message() && can_cancel(r))
      co_return cancel(r, *order.message(), serving_of(state_, r.what.name), time_.now());
    action const what = next_action(r);
    auto done = co_await perform(what, r, order, slot);
    order.waits_for_engine = false;
    if (done) {
      if (!*done) co_return std::nullopt;
      failpoint(name_of(what) + ".performed");
      co_return advance(r, **done, serving_of(state_, r.what.name), time_.now());
    }
    if (done.error().code == errc::cancelled || done.error().reason == reason::store_failed) co_return done.error();
    co_await wait_for_engine(r, unanswered++, order, done.error());
    if (auto again = after_outage(r, time_.now())) co_return again;
    if (what == action::settle) co_await actions_.start_again(r);
  }
}

task<std::optional<outcome>> run_driver::perform(action what, run r, cancel_order& order, work_slot& slot) {
  if (what != action::settle) co_return co_await perform_unless_cancelled(what, std::move(r), order);
  slot.held = {};
  --slot.wanted;
  auto done = co_await perform_unless_cancelled(what, std::move(r), order);
  ++slot.wanted;
  // The way back waits for no place: until it is over, nothing may serve.
  bool const has_settled = done && *done && !(*done)->failed;
  if (!has_settled) co_return done;
  auto again = co_await slot.all.acquire();
  if (!again) co_return again.error();
  slot.held = std::move(*again);
  if (order.message()) co_return std::nullopt;
  co_return done;
}

task<std::optional<outcome>> run_driver::perform_unless_cancelled(action what, run r, cancel_order& order) {
  using asio::experimental::awaitable_operators::operator||;
  auto report = [this, r, what](std::string text, transfer how_far) {
    report_progress(r, what, std::move(text), how_far);
  };
  if (!can_cancel(r) || order.message()) {
    auto done = co_await actions_.perform(what, r, report);
    if (!done) co_return done.error();
    co_return std::move(*done);
  }
  auto first = co_await (actions_.perform(what, r, report) || order.asked().wait());
  if (first.index() == 1) {
    // Woken without an order: the whole driver is being stopped.
    if (!order.message()) co_return make_error(errc::cancelled, "the server stops");
    co_return std::nullopt;
  }
  auto& done = std::get<0>(first);
  if (!done) co_return done.error();
  co_return std::move(*done);
}

task<void> run_driver::save(transition t, cancel_order const& order) {
  // The order was made durable beside us; a step must not write the old state over it.
  if (order.message()) t.now.cancel_requested = true;
  bool said = false;
  while (true) {
    auto saved = co_await state_.runs().save({t.now, t.events, t.status, t.serving, t.erase_deployment, t.warm});
    if (saved || !may_pass_later(saved.error())) co_return saved;
    // A full disk or a full queue passes; the step is done and must not be forgotten.
    if (!std::exchange(said, true))
      log::error("runs", fmt::format("run {} of {} waits for the store: {}", t.now.number, t.now.what.name.str(),
                                     saved.error().message));
    if (!co_await sleep_for(store_pause)) co_return make_error(errc::cancelled, "the server stops");
  }
}

coroutine<void> run_driver::wait_for_engine(run const& r, std::uint32_t tries, cancel_order& order, error const& why) {
  if (tries == 0) {
    log::warn("runs", fmt::format("run {} of {} waits: {}", r.number, r.what.name.str(), why.message));
    event_draft waits{r.what,
                      r.id,
                      "wait",
                      event_level::warn,
                      fmt::format("Waiting for the engine, the run goes on when it answers: {}", why.message),
                      time_.now()};
    if (auto saved = co_await state_.events().append({std::move(waits)}, std::nullopt); !saved)
      log::warn("runs", fmt::format("an event is not recorded: {}", saved.error().message));
  }
  order.waits_for_engine = true;
  auto const pause = std::min(longest_engine_pause, options_.engine_retry * (1 << std::min(tries, 4U)));
  // An order that was given already must not cut every pause short.
  if (order.message())
    co_await sleep_for(pause);
  else
    co_await order.asked().wait_for(pause);
}

void run_driver::report_progress(run const& r, action what, std::string text, transfer how_far) {
  event_draft progress{r.what, r.id, name_of(what), event_level::info, std::move(text), time_.now(), how_far};
  background_.spawn("progress of run " + r.id.str(), append_progress(state_.events(), std::move(progress)));
}

}  // namespace krane
