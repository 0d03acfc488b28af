#include "runs/image_cleaner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "runs/image_removal.hpp"
#include "runs/repo_digest.hpp"

namespace krane {

namespace {

// As the engine has it when these names are gone.
void take_off(unneeded_image const& what, std::vector<image_summary>& from) {
  auto const image = std::ranges::find(from, what.id, &image_summary::id);
  if (image == from.end()) return;
  for (std::string const& name : what.names) {
    std::erase(image->tags, familiar_name(name));
    std::erase(image->repo_digests, familiar_name(name));
  }
  if (image->tags.empty()) from.erase(image);
}

}  // namespace

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
  auto const found = co_await find_unneeded_images(state_, docker_, options_.keep_releases);
  if (!found) co_return found.error();
  std::vector<image_summary> left = found->here;
  for (unneeded_image const& one : found->removable) {
    auto const what = co_await remove_names(state_, docker_, turn_, one);
    if (!what) co_return what.error();
    // A run under way may need any of them, and its good end asks again.
    if (*what == image_left::needed) break;
    if (*what == image_left::gone) take_off(one, left);
  }
  co_return co_await forget(found->releases, left);
}

task<void> image_cleaner::forget(std::vector<kept_releases> const& releases, std::vector<image_summary> const& left) {
  for (kept_releases const& of : releases)
    for (run const& one : of.newest_first) {
      // Nobody else writes a run that has ended and does not serve.
      if ((!one.fetched && one.brought.empty()) || !is_end(one.step) || one.id == of.serving) continue;
      run now = one;
      auto const image = std::ranges::find_if(left, [&](image_summary const& here) { return here.id == one.image; });
      if (image == left.end()) {
        now.fetched = false;
        now.brought.clear();
      } else {
        bool const nameless = image->tags.empty() && image->repo_digests.empty();
        auto const still = brought_by(one, *image);
        if (still.empty() && !nameless) now.fetched = false;
        std::erase_if(now.brought,
                      [&](std::string const& name) { return std::ranges::find(still, name) == still.end(); });
      }
      if (now == one) continue;
      auto const saved = co_await state_.runs().save({std::move(now), {}, std::nullopt, std::nullopt, false, {}});
      if (!saved) co_return saved.error();
    }
  co_return result<void>{};
}

}  // namespace krane
