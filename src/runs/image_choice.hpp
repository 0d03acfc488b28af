#pragma once
// Which images of the engine krane may take away again. Pure.
//
// Only what a run fetched, and nobody else has named, uses, or needs to go back to. An image that was there before, by
// whatever way, is nobody's but its owner's.
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
};

// Of the images that are here, those that runs fetched and no stranger has named since.
std::vector<image_summary> fetched_images(std::vector<kept_releases> const& all,
                                          std::vector<image_summary> const& here);

// Images of the newest releases of every deployment, down to the `keep`th that served, and of what serves or has not
// ended.
std::set<image_id> needed_images(std::vector<kept_releases> const& all, std::size_t keep);

// Fetched, not needed, and used by no container.
std::vector<image_id> removable_images(std::vector<kept_releases> const& all, std::vector<image_summary> const& here,
                                       std::set<image_id> const& used_by_containers, std::size_t keep);

}  // namespace krane
