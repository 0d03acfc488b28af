#include "runs/image_cleaner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "model/release.hpp"

namespace krane {

task<std::vector<kept_releases>> list_kept_releases(store& state) {
  std::vector<std::pair<deployment_name, std::optional<run_id>>> names;
  for (deployment const* one : state.list_deployments()) names.emplace_back(one->config.name, one->serving);
  std::vector<kept_releases> out;
  for (auto const& [name, serving] : names) {
    auto releases = co_await state.runs().releases(name, releases_to_look_at);
    if (!releases) co_return releases.error();
    out.push_back({std::move(*releases), serving});
  }
  co_return out;
}

image_cleaner::image_cleaner(executor network, store& state, engine& docker, run_options const& options)
    : state_(state), docker_(docker), options_(options), turn_(network, 1), wanted_(network) {}

void image_cleaner::start(task_group& owner) {
  owner.spawn("the removal of images that nobody needs", clean_again_and_again());
}

void image_cleaner::nudge() {
  is_wanted_ = true;
  wanted_.notify_all();
}

coroutine<void> image_cleaner::clean_again_and_again() {
  while (true) {
    if (!is_wanted_ && !co_await wanted_.wait()) co_return;
    is_wanted_ = false;
    auto const cleaned = co_await clean();
    if (cleaned) continue;
    if (cleaned.error().code == errc::cancelled) co_return;
    log::debug("runs", fmt::format("images are not looked through: {}", cleaned.error().message));
  }
}

task<void> image_cleaner::clean() {
  auto const releases = co_await list_kept_releases(state_);
  if (!releases) co_return releases.error();
  auto const here = co_await docker_.list_images();
  if (!here) co_return here.error();
  auto const containers = co_await docker_.list_containers({});
  if (!containers) co_return containers.error();
  std::set<image_id> used;
  for (container_summary const& one : *containers) used.insert(one.image_hash);
  std::set<image_id> removed;
  for (image_id const& one : removable_images(*releases, *here, used, options_.keep_releases)) {
    auto const what = co_await remove(one);
    if (!what) co_return what.error();
    // A run under way may need any of them, and its good end asks again.
    if (*what == left::needed) break;
    if (*what == left::gone) removed.insert(one);
  }
  co_return co_await forget(*releases, *here, removed);
}

task<image_cleaner::left> image_cleaner::remove(image_id what) {
  auto const turn = co_await turn_.acquire();
  if (!turn) co_return turn.error();
  auto const unfinished = co_await state_.runs().unfinished();
  if (!unfinished) co_return unfinished.error();
  if (std::ranges::any_of(*unfinished, [](run const& r) { return r.kind == run_kind::deploy && r.containers.empty(); }))
    co_return left::needed;
  auto const removed = co_await docker_.remove_image(what.str());
  if (!removed) co_return removed.error();
  if (*removed)
    log::info("runs", fmt::format("removed image {}, which krane pulled and no release needs", what.str()));
  else
    log::debug("runs", fmt::format("image {} is left for later: the engine does not let it go", what.str()));
  co_return *removed ? left::gone : left::refused;
}

task<void> image_cleaner::forget(std::vector<kept_releases> const& releases, std::vector<image_summary> const& here,
                                 std::set<image_id> const& removed) {
  std::set<image_id> left_here;
  for (image_summary const& one : here)
    if (!removed.contains(one.id)) left_here.insert(one.id);
  for (kept_releases const& of : releases)
    for (run const& one : of.newest_first) {
      // Nobody else writes a run that has ended and does not serve.
      if (!one.fetched || !is_end(one.step) || one.id == of.serving) continue;
      if (one.image && left_here.contains(*one.image)) continue;
      run now = one;
      now.fetched = false;
      auto const saved = co_await state_.runs().save({std::move(now), {}, std::nullopt, std::nullopt, false});
      if (!saved) co_return saved.error();
    }
  co_return result<void>{};
}

}  // namespace krane
