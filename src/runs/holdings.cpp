#include "runs/holdings.hpp"

#include "runs/image_choice.hpp"
#include "runs/image_removal.hpp"
#include "runs/ownership.hpp"

namespace krane {

task<holdings> look_at_holdings(store& state, engine& docker, vault const& secrets) {
  auto const containers = co_await list_our_containers(docker, state, secrets, nullptr);
  if (!containers) co_return containers.error();
  auto const volumes = co_await docker.list_volumes({{label::instance, state.instance().str()}});
  if (!volumes) co_return volumes.error();
  auto const images = co_await docker.list_images();
  if (!images) co_return images.error();
  auto const releases = co_await list_kept_releases(state);
  if (!releases) co_return releases.error();
  holdings out{.containers = containers->size(), .images = 0, .image_bytes = 0, .volumes = volumes->size()};
  for (image_summary const& one : fetched_images(*releases, *images)) {
    ++out.images;
    out.image_bytes += one.size_bytes;
  }
  co_return out;
}

}  // namespace krane
