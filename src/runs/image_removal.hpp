#pragma once
// Takes names of images away, and with the last one the image: after good runs those that no release needs
// (image_cleaner), with a deployment those that it alone needed (step_actions). Nothing else removes an image.
//
// Threads: the network thread.  Cancel: at any time.
#include <optional>

#include "base/async.hpp"
#include "engine/engine.hpp"
#include "runs/image_choice.hpp"
#include "store/store.hpp"

namespace krane {

// Of every deployment, as far back as images may have been kept.
task<std::vector<kept_releases>> list_kept_releases(store& state);

// What may go now; with `leaving`, as if that deployment were gone.
struct unneeded_images {
  std::vector<kept_releases> releases;
  std::vector<image_summary> here;
  std::vector<unneeded_image> removable;
};
task<unneeded_images> find_unneeded_images(store& state, engine& docker, std::size_t keep,
                                           std::optional<deployment_name> leaving = {});

enum class image_left {
  gone,     // at least by these names
  refused,  // the engine does not let it go
  needed,   // a run under way may be about to use it
};
// In the turn (image_cleaner::turn). A name that means another image by now is left. `leaving`: only a run of another
// deployment that may want this very image is waited for; without it, any that has not created its container.
task<image_left> remove_names(store& state, engine& docker, semaphore& turn, unneeded_image what,
                              std::optional<deployment_name> leaving = {});

}  // namespace krane
