#include "runs/room_check.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/async.hpp"
#include "base/log.hpp"

namespace krane {
namespace {

// No image is as large.
constexpr std::uint64_t ample_bytes = std::uint64_t{64} * 1024 * 1024 * 1024;

}  // namespace

room_check::room_check(engine& docker, registry& registries, run_options const& options)
    : docker_(docker), registries_(registries), options_(options) {}

task<void> room_check::check(image_ref what, std::optional<registry_login> login, std::chrono::milliseconds limit) {
  if (!options_.engine_is_here) co_return result<void>{};
  std::string const name = what.text();
  auto const late = make_error(errc::timed_out, "it takes too long");
  auto const looked = co_await with_deadline(look(std::move(what), std::move(login), limit), limit, late);
  if (looked || looked.error().code == errc::storage_full || looked.error().code == errc::cancelled) co_return looked;
  log::debug("runs", fmt::format("whether {} fits on the disk is not known: {}", name, looked.error().message));
  co_return result<void>{};
}

coroutine<std::optional<pull_size>> room_check::measure(image_ref what, std::optional<registry_login> login,
                                                        std::chrono::milliseconds limit) {
  if (!options_.engine_is_here) co_return std::nullopt;
  auto const late = make_error(errc::timed_out, "it takes too long");
  auto measured = co_await with_deadline(measure_now(std::move(what), std::move(login), limit), limit, late);
  co_return measured ? std::optional(std::move(*measured)) : std::nullopt;
}

task<pull_size> room_check::measure_now(image_ref what, std::optional<registry_login> login,
                                        std::chrono::milliseconds limit) {
  auto disk = co_await look_at_disk();
  if (!disk) co_return make_error(errc::unavailable, "the engine's disk cannot be looked at");
  auto how = co_await docker_.habits();
  if (!how) co_return how.error();
  auto const there = co_await registries_.look_up(std::move(what), std::move(login), std::move(*how), limit);
  if (!there) co_return there.error();
  auto const here = co_await layers_here();
  if (!here) co_return here.error();
  co_return pull_size{missing_bytes(*there, *here), std::move(*disk)};
}

task<void> room_check::look(image_ref what, std::optional<registry_login> login, std::chrono::milliseconds limit) {
  auto const began = std::chrono::steady_clock::now();
  auto const disk = co_await look_at_disk();
  if (!disk || room_bytes(*disk) >= ample_bytes) co_return result<void>{};
  auto how = co_await docker_.habits();
  if (!how) co_return how.error();
  std::string const name = what.text();
  auto const used = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  auto const there = co_await registries_.look_up(std::move(what), std::move(login), std::move(*how), limit - used);
  if (!there) co_return there.error();
  // Whether some of it is here already matters only where all of it would not fit.
  if (!no_room_for(name, total_bytes(*there), *disk)) co_return result<void>{};
  auto const here = co_await layers_here();
  if (!here) co_return here.error();
  if (auto refused = no_room_for(name, missing_bytes(*there, *here), *disk)) co_return std::move(*refused);
  co_return result<void>{};
}

coroutine<std::optional<disk_state>> room_check::look_at_disk() {
  if (folder_.empty())
    if (auto folder = co_await docker_.storage_folder()) folder_ = std::move(*folder);
  std::error_code ec;
  if (folder_.empty()) co_return std::nullopt;
  auto const space = std::filesystem::space(folder_, ec);
  if (ec) co_return std::nullopt;
  co_return disk_state{folder_, space.available, options_.disk_reserve_bytes};
}

task<std::vector<std::vector<std::string>>> room_check::layers_here() {
  auto const images = co_await docker_.list_images();
  if (!images) co_return images.error();
  std::unordered_map<std::string, std::vector<std::string>> known;
  std::vector<std::vector<std::string>> out;
  for (image_summary const& one : *images) {
    std::string const& id = one.id.str();
    if (auto const seen = layers_of_.find(id); seen != layers_of_.end()) {
      known[id] = seen->second;
    } else {
      auto details = co_await docker_.find_image(id);
      if (!details) co_return details.error();
      if (!*details) continue;
      known[id] = std::move((*details)->layers);
    }
    out.push_back(known[id]);
  }
  layers_of_ = std::move(known);
  co_return out;
}

}  // namespace krane
