#include "streams/event_ring.hpp"

#include <algorithm>

#include "streams/event_text.hpp"

namespace krane {
namespace {

bool is_of(ring_entry const& one, deployment_name const& name) {
  return name == every_deployment || one.deployment == name;
}

}  // namespace

event_ring::event_ring(executor network, std::size_t max_entries, std::size_t max_bytes, std::uint64_t last_id)
    : max_entries_(max_entries), max_bytes_(max_bytes), dropped_up_to_(last_id), last_id_(last_id), ex_(network) {}

void event_ring::publish(event const& e) {
  if (closed_ || e.id <= last_id_) return;
  last_id_ = e.id;
  auto text = std::make_shared<std::string const>(to_event_text(e));
  bytes_ += text->size();
  entries_.push_back({e.id, e.what.name, std::move(text)});
  // The newest stays even where it alone is too large: those who wait for it are owed it.
  while (entries_.size() > 1 && (entries_.size() > max_entries_ || bytes_ > max_bytes_)) drop_oldest();
  for (deployment_name const& name : {e.what.name, every_deployment})
    if (auto const listened = find_topic(name)) listened->changed.notify_all();
}

void event_ring::drop_oldest() {
  ring_entry const& oldest = entries_.front();
  bytes_ -= oldest.text->size();
  dropped_up_to_ = oldest.id;
  for (deployment_name const& name : {oldest.deployment, every_deployment})
    if (auto const listened = find_topic(name)) listened->dropped_up_to = oldest.id;
  entries_.pop_front();
}

void event_ring::close() {
  closed_ = true;
  for (auto const& [name, weak] : topics_)
    if (auto const listened = weak.lock()) listened->changed.notify_all();
}

std::uint64_t event_ring::complete_after() const {
  return dropped_up_to_;
}

std::uint64_t event_ring::last_id() const {
  return last_id_;
}

std::shared_ptr<event_ring::topic> event_ring::find_topic(deployment_name const& name) const {
  auto const found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<event_ring::topic> event_ring::topic_of(deployment_name const& name) {
  if (auto known = find_topic(name)) return known;
  if (topics_.size() >= sweep_at_) {
    std::erase_if(topics_, [](auto const& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, topics_.size() * 2);
  }
  // What this deployment lost while nobody listened is not known, so all that left the ring counts.
  auto made = std::make_shared<topic>(ex_, dropped_up_to_);
  topics_[name] = made;
  return made;
}

bool event_ring::has_after(deployment_name const& name, std::uint64_t id) const {
  auto const first = std::ranges::upper_bound(entries_, id, {}, &ring_entry::id);
  return std::any_of(first, entries_.end(), [&](ring_entry const& one) { return is_of(one, name); });
}

task<std::vector<ring_entry>> event_ring::next(deployment_name name, std::uint64_t id, std::size_t limit) {
  auto const here = topic_of(name);
  for (;;) {
    if (id < here->dropped_up_to)
      co_return make_error(errc::conflict, "behind", "events were missed: they came faster than they were read");
    std::vector<ring_entry> found;
    auto const first = std::ranges::upper_bound(entries_, id, {}, &ring_entry::id);
    for (auto at = first; at != entries_.end() && found.size() < limit; ++at)
      if (is_of(*at, name)) found.push_back(*at);
    if (!found.empty()) co_return found;
    if (closed_) co_return make_error(errc::cancelled, "the server is stopping");
    // All that is there was looked at; others' events may leave the ring meanwhile without any loss to this listener.
    id = std::max(id, last_id_);
    co_await here->changed.wait();
  }
}

}  // namespace krane
