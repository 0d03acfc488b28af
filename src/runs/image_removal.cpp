#include "runs/image_removal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "model/release.hpp"

namespace krane {
namespace {

// Whether the run may be about to make a container of the image.
bool may_want(run const& r, unneeded_image const& what, std::optional<deployment_name> const& leaving) {
  if (r.kind != run_kind::deploy || !r.containers.empty()) return false;
  if (!leaving) return true;
  if (r.what.name == *leaving) return false;
  if (r.image) return r.image == what.id;
  // It is being pulled, and nobody knows yet what comes.
  image_ref name = r.image_name();
  std::string const repository = name.registry + "/" + name.repository;
  return std::ranges::any_of(what.names, [&](std::string const& other) { return other.starts_with(repository); });
}

}  // namespace

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

task<unneeded_images> find_unneeded_images(store& state, engine& docker, std::size_t keep,
                                           std::optional<deployment_name> leaving) {
  auto releases = co_await list_kept_releases(state);
  if (!releases) co_return releases.error();
  for (kept_releases& of : *releases)
    of.leaving = leaving && !of.newest_first.empty() && of.newest_first.front().what.name == *leaving;
  auto here = co_await docker.list_images();
  if (!here) co_return here.error();
  auto const containers = co_await docker.list_containers({});
  if (!containers) co_return containers.error();
  std::set<image_id> used;
  for (container_summary const& one : *containers) used.insert(one.image_hash);
  auto removable = removable_images(*releases, *here, used, keep);
  co_return unneeded_images{std::move(*releases), std::move(*here), std::move(removable)};
}

task<image_left> remove_names(store& state, engine& docker, semaphore& turn, unneeded_image what,
                              std::optional<deployment_name> leaving) {
  auto const mine = co_await turn.acquire();
  if (!mine) co_return mine.error();
  auto const unfinished = co_await state.runs().unfinished();
  if (!unfinished) co_return unfinished.error();
  if (std::ranges::any_of(*unfinished, [&](run const& r) { return may_want(r, what, leaving); }))
    co_return image_left::needed;
  std::vector<std::string> names = what.names;
  // One that has no name at all.
  if (names.empty()) names.push_back(what.id.str());
  for (std::string const& name : names) {
    auto const now = co_await docker.find_image(name);
    if (!now) co_return now.error();
    if (!*now || (*now)->id != what.id) continue;
    auto const removed = co_await docker.remove_image(name);
    if (!removed) co_return removed.error();
    failpoint("remove_names.half");
    if (*removed) continue;
    log::debug("runs", fmt::format("image {} is left for later: the engine does not let it go", name));
    co_return image_left::refused;
  }
  log::info("runs", fmt::format("removed image {}, which krane pulled and no release needs", fmt::join(names, ", ")));
  co_return image_left::gone;
}

}  // namespace krane
