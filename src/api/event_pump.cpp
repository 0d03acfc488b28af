#include "api/event_pump.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "streams/event_text.hpp"

namespace krane {
namespace {

constexpr std::size_t page = 256;
// What goes out in one write when more than one waits.
constexpr std::size_t batch = 16;

stream_end unreadable() {
  return {1011, "the events could not be read"};
}
stream_end too_slow(std::uint64_t last) {
  return {1013, fmt::format("too slow; go on with ?since={}", last)};
}
// Told to nobody but a listener that is there and does not read: the others are gone.
stream_end unsent(error const& why, std::uint64_t last) {
  return why.code == errc::cancelled ? stream_end{1001, "the server is stopping"} : too_slow(last);
}

class pump {
public:
  pump(store& state, event_ring& ring, deployment_name name, std::uint64_t after, event_sink& to)
      // An id that was never given would hide what comes until it is.
      : state_(state), ring_(ring), name_(std::move(name)), after_(std::min(after, ring.last_id())), to_(to) {}

  coroutine<stream_end> run();

private:
  // None: go on.
  coroutine<std::optional<stream_end>> send(std::vector<ring_entry> entries);
  coroutine<std::optional<stream_end>> send_page_of_store();
  coroutine<std::optional<stream_end>> tell_what_is_gone();
  bool is_deleted() const { return !of_all() && state_.find_deployment(name_) == nullptr; }
  bool of_all() const { return name_ == every_deployment; }

  store& state_;
  event_ring& ring_;
  deployment_name const name_;
  std::uint64_t after_;
  event_sink& to_;
  bool page_was_full_ = false;
};

coroutine<std::optional<stream_end>> pump::send(std::vector<ring_entry> entries) {
  auto const last = entries.back().id;
  if (auto const sent = co_await to_.send(std::move(entries)); !sent) co_return unsent(sent.error(), after_);
  after_ = last;
  co_return std::nullopt;
}

coroutine<std::optional<stream_end>> pump::send_page_of_store() {
  std::uint64_t const committed = ring_.last_id();
  auto const events = co_await state_.events().after(name_, after_, page);
  if (!events) co_return unreadable();
  page_was_full_ = events->size() == page;
  std::vector<ring_entry> entries;
  for (event const& e : *events) {
    entries.push_back({e.id, e.what.name, std::make_shared<std::string const>(to_event_text(e))});
    if (entries.size() < batch && &e != &events->back()) continue;
    if (auto ended = co_await send(std::exchange(entries, {}))) co_return ended;
  }
  // All that was committed before the page was read has been looked at; but what the store has of a deleted deployment
  // is less than what happened to it.
  if (!page_was_full_ && !is_deleted()) after_ = std::max(after_, committed);
  co_return std::nullopt;
}

// A stream is complete, or says that it is not.
coroutine<std::optional<stream_end>> pump::tell_what_is_gone() {
  auto const pruned = co_await state_.events().pruned_up_to(name_);
  if (!pruned) co_return unreadable();
  if (after_ >= *pruned) co_return std::nullopt;
  auto const kept = co_await state_.events().after(name_, *pruned, 1);
  if (!kept) co_return unreadable();
  if (kept->empty()) co_return std::nullopt;  // deleted meanwhile
  event gap;
  gap.what = kept->front().what;
  gap.at = kept->front().at;
  // Of all: others' events from before that may still be there.
  gap.id = of_all() ? after_ : *pruned;
  gap.phase = "gap";
  gap.level = event_level::warn;
  gap.message = fmt::format("{} up to {} are kept no more; all that follow are here",
                            of_all() ? "Some events" : "Events", *pruned);
  std::vector<ring_entry> entries;
  entries.push_back({gap.id, name_, std::make_shared<std::string const>(to_event_text(gap))});
  co_return co_await send(std::move(entries));
}

coroutine<stream_end> pump::run() {
  if (after_ < ring_.complete_after())
    if (auto const ended = co_await tell_what_is_gone()) co_return *ended;
  while (after_ < ring_.complete_after() && !is_deleted()) {
    if (auto const ended = co_await send_page_of_store()) co_return *ended;
    if (!page_was_full_) break;
  }
  for (;;) {
    auto entries = co_await ring_.next(name_, after_, batch);
    if (entries) {
      if (auto const ended = co_await send(std::move(*entries))) co_return *ended;
      if (is_deleted() && !ring_.has_after(name_, after_)) co_return deployment_deleted();
      continue;
    }
    if (entries.error().reason != "behind") co_return unsent(entries.error(), after_);
    if (is_deleted()) co_return deployment_deleted();
    // Others' events may have filled the ring meanwhile: the store knows what this listener really missed.
    if (auto const ended = co_await send_page_of_store()) co_return *ended;
    if (page_was_full_) co_return too_slow(after_);
  }
}

}  // namespace

coroutine<stream_end> pump_events(store& state, event_ring& ring, deployment_name name, std::uint64_t after,
                                  event_sink& to) {
  pump one(state, ring, std::move(name), after, to);
  co_return co_await one.run();
}

}  // namespace krane
