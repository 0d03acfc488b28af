#include "runs/ownership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace krane {
namespace {

// Runs of a deployment in which an id is looked for that the likely ones do not have.
constexpr std::size_t runs_to_look_at = 50;

std::string find_mark(labels const& marks, char const* name) {
  auto const found = marks.find(name);
  return found == marks.end() ? std::string{} : found->second;
}

// None of the parts has a NUL in it.
std::string marked_text(labels const& marks) {
  using namespace std::string_view_literals;
  return fmt::format("krane container 1{0}{1}{0}{2}{0}{3}{0}{4}"sv, '\0', find_mark(marks, label::instance),
                     find_mark(marks, label::deployment), find_mark(marks, label::run), replica_of(marks));
}

std::string name_made_with(labels const& marks) {
  std::string const replica = find_mark(marks, label::replica);
  return find_mark(marks, label::deployment) + "-" + find_mark(marks, label::run) +
         (replica.empty() ? "" : "-" + replica);
}

bool bears_our_labels(labels const& marks, instance_id const& instance) {
  return find_mark(marks, label::instance) == instance.str() && !find_mark(marks, label::deployment).empty() &&
         !find_mark(marks, label::run).empty();
}

bool knows(run const& r, container_id const& id) {
  return std::ranges::find(r.containers, id) != r.containers.end() ||
         std::ranges::find(r.replaced, id) != r.replaced.end();
}

// Answers for many containers with one look at each deployment.
class judge {
public:
  judge(store& state, vault const& secrets) : state_(state), secrets_(secrets) {}

  task<bool> is_ours(container_id id, std::string name, labels marks) {
    if (!bears_our_labels(marks, state_.instance())) co_return false;
    deployment_name const owner{find_mark(marks, label::deployment)};
    run_id const made_by{find_mark(marks, label::run)};
    auto serving = co_await serving_of(owner);
    if (!serving) co_return serving.error();
    if (*serving && knows(**serving, id)) co_return true;
    auto const maker = co_await state_.runs().find(made_by);
    if (!maker) co_return maker.error();
    if (*maker && knows(**maker, id)) co_return true;
    // What serves says which containers there are of the run that made them, if that is another.
    std::optional<run> const& of = *serving && (*serving)->made_by() == made_by ? *serving : *maker;
    bool const is_copy = of && of->container(replica_of(marks)).has_value();
    if (!is_copy && name == name_made_with(marks) &&
        find_mark(marks, label::mark) == secrets_.mark_of(marked_text(marks)))
      co_return true;
    auto const runs = co_await state_.runs().list(owner, runs_to_look_at);
    if (!runs) co_return runs.error();
    co_return std::ranges::any_of(*runs, [&](run const& r) { return knows(r, id); });
  }

private:
  task<std::optional<run>> serving_of(deployment_name name) {
    if (auto const known = serving_.find(name); known != serving_.end()) co_return known->second;
    std::optional<run> found;
    deployment const* const of = state_.find_deployment(name);
    if (of != nullptr && of->serving) {
      auto read = co_await state_.runs().find(run_id{*of->serving});
      if (!read) co_return read.error();
      found = std::move(*read);
    }
    co_return serving_.emplace(std::move(name), std::move(found)).first->second;
  }

  store& state_;
  vault const& secrets_;
  std::map<deployment_name, std::optional<run>> serving_;
};

}  // namespace

labels marks_of(deployment_name const& name, run_id const& run, instance_id const& instance, std::uint32_t replica) {
  labels marks{{label::deployment, name.str()}, {label::run, run.str()}, {label::instance, instance.str()}};
  if (replica > 0) marks.emplace(label::replica, std::to_string(replica + 1));
  return marks;
}

labels marked(labels marks, vault const& secrets) {
  marks[label::mark] = secrets.mark_of(marked_text(marks));
  return marks;
}

std::uint32_t replica_of(labels const& marks) {
  std::string const text = find_mark(marks, label::replica);
  std::uint32_t number = 1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number == 0 ? 0 : number - 1;
}

bool says_it_is_of(labels const& marks, run_id const& made_by, std::uint32_t replica) {
  return find_mark(marks, label::run) == made_by.str() && replica_of(marks) == replica;
}

task<bool> is_ours(store& state, vault const& secrets, container_id id, std::string name, labels marks) {
  judge one(state, secrets);
  co_return co_await one.is_ours(std::move(id), std::move(name), std::move(marks));
}

task<std::vector<container_summary>> list_our_containers(engine& docker, store& state, vault const& secrets,
                                                         deployment_name const* only) {
  labels having{{label::instance, state.instance().str()}};
  if (only != nullptr) having.emplace(label::deployment, only->str());
  auto all = co_await docker.list_containers(std::move(having));
  if (!all) co_return all.error();
  judge of_all(state, secrets);
  std::vector<container_summary> ours;
  for (container_summary& one : *all) {
    auto const its = co_await of_all.is_ours(one.id, one.name, one.marks);
    if (!its) co_return its.error();
    if (*its) ours.push_back(std::move(one));
  }
  co_return ours;
}

}  // namespace krane
