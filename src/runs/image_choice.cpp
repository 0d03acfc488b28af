#include "runs/image_choice.hpp"

#include <algorithm>
#include <utility>

#include "model/release.hpp"
#include "runs/repo_digest.hpp"

namespace krane {
namespace {

// "nginx" of "nginx:1" and of "nginx@sha256:…".
std::string_view repository_of(std::string_view name) {
  if (auto const at = name.find('@'); at != std::string_view::npos) return name.substr(0, at);
  auto const colon = name.rfind(':');
  bool const is_tag = colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos;
  return is_tag ? name.substr(0, colon) : name;
}

// As the engine writes them in its list.
bool has_name(image_summary const& image, std::string_view full) {
  std::string_view const name = familiar_name(full);
  return std::ranges::find(image.tags, name) != image.tags.end() ||
         std::ranges::find(image.repo_digests, name) != image.repo_digests.end();
}

bool is_digest(std::string_view name) {
  return name.contains('@');
}

std::string repository_in_full(run const& of) {
  image_ref const name = of.image_name();
  return name.registry + "/" + name.repository;
}

bool may_name(run const& r, image_id const& image) {
  return r.image == image && (r.fetched || !r.brought.empty());
}

// Its digests go with the last tag of their repository, and stay as long as it has one that is not ours.
void leave_digests_of_foreign_tags(std::vector<std::string>& names, image_summary const& image) {
  std::erase_if(names, [&](std::string const& name) {
    return is_digest(name) && std::ranges::any_of(image.tags, [&](std::string const& tag) {
             bool const ours =
                 std::ranges::any_of(names, [&](std::string const& other) { return familiar_name(other) == tag; });
             return !ours && repository_of(tag) == repository_of(familiar_name(name));
           });
  });
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
    if (of.leaving) continue;
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

std::vector<std::string> names_of_pull(image_ref pulled, std::optional<std::string> const& repo_digest) {
  std::vector<std::string> out{pulled.text()};
  if (repo_digest && pulled.digest != repo_digest) {
    pulled.digest = repo_digest;
    out.push_back(pulled.text());
  }
  return out;
}

std::vector<std::string> brought_names(std::vector<std::string> names, image_id const& image,
                                       std::vector<image_summary> const& before,
                                       std::vector<kept_releases> const& known) {
  auto const was = std::ranges::find(before, image, &image_summary::id);
  if (was == before.end()) return names;
  std::erase_if(names, [&](std::string const& name) {
    if (!has_name(*was, name)) return false;
    return std::ranges::none_of(known, [&](kept_releases const& of) {
      return std::ranges::any_of(of.newest_first, [&](run const& one) {
        auto const its = brought_by(one, *was);
        return std::ranges::any_of(
            its, [&](std::string const& other) { return familiar_name(other) == familiar_name(name); });
      });
    });
  });
  return names;
}

std::vector<std::string> brought_by(run const& r, image_summary const& image) {
  std::vector<std::string> out;
  if (!may_name(r, image.id)) return out;
  for (std::string const& name : r.brought)
    if (has_name(image, name)) out.push_back(name);
  if (!r.fetched) return out;
  // What came with a run that fetched the image: krane 0.1.0 noted no more than that.
  std::string const repository = repository_in_full(r);
  auto const add = [&](std::string name) {
    if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
  };
  if (std::string name = r.image_name().text(); has_name(image, name)) add(std::move(name));
  for (std::string const& name : image.repo_digests)
    if (repository_of(name) == familiar_name(repository)) add(repository + name.substr(name.find('@')));
  return out;
}

std::vector<unneeded_image> removable_images(std::vector<kept_releases> const& all,
                                             std::vector<image_summary> const& here,
                                             std::set<image_id> const& used_by_containers, std::size_t keep) {
  auto const needed = needed_images(all, keep);
  std::vector<unneeded_image> out;
  for (image_summary const& one : here) {
    if (needed.contains(one.id) || used_by_containers.contains(one.id)) continue;
    unneeded_image found{.id = one.id, .names = {}};
    bool fetched = false;
    for (kept_releases const& of : all)
      for (run const& r : of.newest_first) {
        fetched = fetched || (r.fetched && r.image == one.id);
        for (std::string& name : brought_by(r, one))
          if (std::ranges::find(found.names, name) == found.names.end())
            // Tags first: with the last one the engine takes the digests off too.
            found.names.insert(is_digest(name) ? found.names.end() : found.names.begin(), std::move(name));
      }
    leave_digests_of_foreign_tags(found.names, one);
    bool const nameless = one.tags.empty() && one.repo_digests.empty();
    if (!found.names.empty() || (fetched && nameless)) out.push_back(std::move(found));
  }
  return out;
}

}  // namespace krane
