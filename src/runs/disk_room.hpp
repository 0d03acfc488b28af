#pragma once
// Whether an image fits on the engine's disk before anything of it is pulled, so that a disk is not filled until the
// engine, the databases beside it and krane itself fail. Pure.
//
// Counted are the compressed layers that have to come; unpacked they need more, and the engine's own answer is the last
// word. What is not known stops nothing.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "registry/registry.hpp"

namespace krane {

struct disk_state {
  std::string folder;               // the engine's
  std::uint64_t free_bytes = 0;     // for the server's user
  std::uint64_t reserve_bytes = 0;  // that stays free
};

// What has to come of an image, beside what there is room for.
struct pull_size {
  std::uint64_t missing_bytes = 0;  // compressed, as they are sent
  disk_state disk;
};

// What a pull may use.
std::uint64_t room_bytes(disk_state const& disk);

std::uint64_t total_bytes(remote_image const& wanted);
// Of the layers beyond the longest beginning that an image on the engine has too. `here`: the images' layers unpacked.
std::uint64_t missing_bytes(remote_image const& wanted, std::vector<std::vector<std::string>> const& here);

// errc::storage_full, engine_storage: `missing` does not fit.
std::optional<error> no_room_for(std::string const& image, std::uint64_t missing, disk_state const& disk);

}  // namespace krane
