#pragma once
// Which images of the engine krane may take away again. Pure.
//
// Only what a run fetched or named, and nobody needs to go back to or uses; and only by the names that krane's pulls
// gave it. An image that was there before, or that somebody has named since, keeps those names and stays.
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "model/run.hpp"

namespace krane {

// A deployment's releases, newest first, and which of them serves.
struct kept_releases {
  std::vector<run> newest_first;
  std::optional<run_id> serving;
  bool leaving = false;  // it is being removed, and needs nothing any more
};

// Of the images that are here, those that runs fetched and no stranger has named since.
std::vector<image_summary> fetched_images(std::vector<kept_releases> const& all,
                                          std::vector<image_summary> const& here);

// Images of the newest releases of every deployment, down to the `keep`th that served, and of what serves or has not
// ended.
std::set<image_id> needed_images(std::vector<kept_releases> const& all, std::size_t keep);

// Names that the engine may know an image by after it was pulled as `pulled`, in full: "docker.io/library/nginx:1",
// "docker.io/library/nginx@sha256:…".
std::vector<std::string> names_of_pull(image_ref pulled, std::optional<std::string> const& repo_digest);
// Those of the names that the image did not have in `before`, and those that a run of `known` brought to it: what a
// pull of krane may note as run::brought.
std::vector<std::string> brought_names(std::vector<std::string> names, image_id const& image,
                                       std::vector<image_summary> const& before,
                                       std::vector<kept_releases> const& known);
// Names that the image has and that the run brought to it.
std::vector<std::string> brought_by(run const& r, image_summary const& image);

// What to take away of an image: its names, in this order. None of them: the image itself, which has no name.
struct unneeded_image {
  image_id id;
  std::vector<std::string> names;
  friend bool operator==(unneeded_image const&, unneeded_image const&) = default;
};

// Brought by a run, not needed, and used by no container.
std::vector<unneeded_image> removable_images(std::vector<kept_releases> const& all,
                                             std::vector<image_summary> const& here,
                                             std::set<image_id> const& used_by_containers, std::size_t keep);

}  // namespace krane
