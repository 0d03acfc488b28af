#include "e2e/model/history.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace krane::e2e::model {

std::string_view word_for(verb what) {
  switch (what) {
    case verb::put:
      return "put";
    case verb::run:
      return "run";
    case verb::rollback:
      return "rollback";
    case verb::stop:
      return "stop";
    case verb::start:
      return "start";
    case verb::restart:
      return "restart";
    case verb::scale:
      return "scale";
    case verb::cancel:
      return "cancel";
    case verb::remove:
      return "delete";
  }
  std::unreachable();
}

std::string in_words(wall_time when) {
  auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  return fmt::format("{:%H:%M:%S}.{:03}", fmt::gmtime(std::chrono::system_clock::to_time_t(when)), ms % 1000);
}

std::string in_words(operation const& one) {
  std::string text = fmt::format("{} client {} {}", in_words(one.sent), one.client, word_for(one.what));
  if (!one.tag.empty()) text += " tag=" + one.tag;
  if (one.replicas > 0) text += fmt::format(" to {}", one.replicas);
  if (one.keyed) text += " with a key";
  if (one.times_sent > 1) text += fmt::format(", sent {} times", one.times_sent);
  text += fmt::format(" → {} ", in_words(one.answered));
  if (one.status > 0) text += fmt::format("{} ", one.status);
  text += one.answer == told::accepted ? "accepted" : one.answer == told::refused ? "refused" : "unknown";
  if (!one.reason.empty()) text += ", " + one.reason;
  if (!one.run.empty()) text += fmt::format(", run {} ({})", one.number, one.run);
  return text;
}

void history::add(operation one) {
  std::lock_guard const guard(lock_);
  all_.push_back(std::move(one));
}

std::vector<operation> history::take() {
  std::lock_guard const guard(lock_);
  return std::exchange(all_, {});
}

}  // namespace krane::e2e::model
