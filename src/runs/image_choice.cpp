#include "runs/image_choice.hpp"

#include <algorithm>

#include "model/release.hpp"
#include "runs/repo_digest.hpp"

namespace krane {
namespace {

std::string_view repository_of(std::string_view name) {
  return name.substr(0, name.find('@'));
}

}  // namespace

std::vector<image_summary> fetched_images(std::vector<kept_releases> const& all,
                                          std::vector<image_summary> const& here) {
  std::set<image_id> fetched;
  std::set<std::string, std::less<>> tags;
  std::set<std::string, std::less<>> repositories;
  for (kept_releases const& of : all)
    for (run const& one : of.newest_first) {
      if (one.fetched && one.image) fetched.insert(*one.image);
      image_ref name = one.image_name();
      name.digest.reset();
      std::string const repository(familiar_name(name.registry + "/" + name.repository));
      repositories.insert(repository);
      if (!name.tag.empty()) tags.insert(repository + ":" + name.tag);
    }
  std::vector<image_summary> out;
  for (image_summary const& one : here)
    if (fetched.contains(one.id) &&
        std::ranges::all_of(one.tags, [&](auto const& tag) { return tags.contains(tag); }) &&
        std::ranges::all_of(one.repo_digests,
                            [&](auto const& name) { return repositories.contains(repository_of(name)); }))
      out.push_back(one);
  return out;
}

std::set<image_id> needed_images(std::vector<kept_releases> const& all, std::size_t keep) {
  std::set<image_id> needed;
  for (kept_releases const& of : all) {
    std::size_t served = 0;
    for (run const& one : of.newest_first) {
      auto const state = state_of_release(one, of.serving);
      bool const now = state == release_state::serving || state == release_state::pending;
      if (one.image && (now || served < keep)) needed.insert(*one.image);
      if (state == release_state::serving || state == release_state::served) ++served;
    }
  }
  return needed;
}

std::vector<image_id> removable_images(std::vector<kept_releases> const& all, std::vector<image_summary> const& here,
                                       std::set<image_id> const& used_by_containers, std::size_t keep) {
  auto const needed = needed_images(all, keep);
  std::vector<image_id> out;
  for (image_summary const& one : fetched_images(all, here))
    if (!needed.contains(one.id) && !used_by_containers.contains(one.id)) out.push_back(one.id);
  return out;
}

}  // namespace krane
