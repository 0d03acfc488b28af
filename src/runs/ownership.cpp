#include "runs/ownership.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace krane {
namespace {

std::string const* find_mark(labels const& marks, char const* name) {
  auto const found = marks.find(name);
  return found == marks.end() ? nullptr : &found->second;
}

}  // namespace

labels marks_of(deployment_name const& name, run_id const& run, instance_id const& instance, std::uint32_t replica) {
  labels marks{{label::deployment, name.str()}, {label::run, run.str()}, {label::instance, instance.str()}};
  if (replica > 0) marks.emplace(label::replica, std::to_string(replica + 1));
  return marks;
}

std::uint32_t replica_of(labels const& marks) {
  auto const* text = find_mark(marks, label::replica);
  std::uint32_t number = 1;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), number);
  return number == 0 ? 0 : number - 1;
}

bool bears_our_marks(std::string const& container_name, labels const& marks, instance_id const& instance) {
  auto const* deployment = find_mark(marks, label::deployment);
  auto const* run = find_mark(marks, label::run);
  auto const* owner = find_mark(marks, label::instance);
  auto const* replica = find_mark(marks, label::replica);
  return deployment != nullptr && run != nullptr && owner != nullptr && *owner == instance.str() &&
         container_name == *deployment + "-" + *run + (replica == nullptr ? "" : "-" + *replica);
}

task<std::vector<container_summary>> list_our_containers(engine& docker, instance_id const& instance,
                                                         deployment_name const* only) {
  labels having{{label::instance, instance.str()}};
  if (only != nullptr) having.emplace(label::deployment, only->str());
  auto all = co_await docker.list_containers(std::move(having));
  if (!all) co_return all.error();
  std::erase_if(*all, [&](container_summary const& c) { return !bears_our_marks(c.name, c.marks, instance); });
  co_return std::move(*all);
}

}  // namespace krane
