#include "runs/disk_room.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "model/byte_size.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

// A layer that an image has twice is fetched once.
std::uint64_t bytes_from(remote_image const& wanted, std::size_t first) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < first; ++i) seen.insert(wanted.layers[i].digest);
  std::uint64_t sum = 0;
  for (std::size_t i = first; i < wanted.layers.size(); ++i)
    if (seen.insert(wanted.layers[i].digest).second) sum += wanted.layers[i].size_bytes;
  return sum;
}

}  // namespace

std::uint64_t room_bytes(disk_state const& disk) {
  return disk.free_bytes > disk.reserve_bytes ? disk.free_bytes - disk.reserve_bytes : 0;
}

std::uint64_t total_bytes(remote_image const& wanted) {
  return bytes_from(wanted, 0);
}

std::uint64_t missing_bytes(remote_image const& wanted, std::vector<std::vector<std::string>> const& here) {
  // Where the two do not belong together, nothing is known to be here.
  if (wanted.diff_ids.size() != wanted.layers.size()) return total_bytes(wanted);
  std::size_t longest = 0;
  for (auto const& layers : here) {
    auto const [ours, theirs] = std::ranges::mismatch(wanted.diff_ids, layers);
    longest = std::max(longest, static_cast<std::size_t>(ours - wanted.diff_ids.begin()));
  }
  return bytes_from(wanted, longest);
}

std::optional<error> no_room_for(std::string const& image, std::uint64_t missing, disk_state const& disk) {
  if (missing == 0 || missing <= room_bytes(disk)) return std::nullopt;
  return make_error(
      errc::storage_full, reason::engine_storage,
      fmt::format(
          "{} does not fit on the disk: {} of it have to be pulled, and of the {} free in {} a reserve of {} is "
          "kept; free some space (docker system prune), or lower the setting disk-reserve",
          image, rounded_size(missing), rounded_size(disk.free_bytes), disk.folder, rounded_size(disk.reserve_bytes)));
}

}  // namespace krane
