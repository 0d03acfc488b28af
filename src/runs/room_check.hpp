#pragma once
// Looks whether an image fits before it is pulled: asks its registry what it is, the engine what is there of it, and
// the disk what is free. A registry that cannot be asked, an engine that is elsewhere, a folder that cannot be looked
// at: the pull goes on, and the engine's own answer counts.
//
// Threads: the network thread.
// Failure: only errc::storage_full, engine_storage; errc::cancelled.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.hpp"
#include "registry/registry.hpp"
#include "runs/disk_room.hpp"
#include "runs/run_service.hpp"

namespace krane {

class room_check {
public:
  room_check(engine& docker, registry& registries, run_options const& options);

  // Within `limit`, about: what takes longer is not known. With so much room that any image fits, nobody is asked.
  task<void> check(image_ref what, std::optional<registry_login> login, std::chrono::milliseconds limit);
  // None: it is not known, or not within `limit`.
  coroutine<std::optional<pull_size>> measure(image_ref what, std::optional<registry_login> login,
                                              std::chrono::milliseconds limit);

private:
  task<pull_size> measure_now(image_ref what, std::optional<registry_login> login, std::chrono::milliseconds limit);
  task<void> look(image_ref what, std::optional<registry_login> login, std::chrono::milliseconds limit);
  // None where it cannot be looked at from here.
  coroutine<std::optional<disk_state>> look_at_disk();
  task<std::vector<std::vector<std::string>>> layers_here();

  engine& docker_;
  registry& registries_;
  run_options const& options_;
  std::string folder_;  // the engine's, once known: it changes with the engine only
  // An image never changes.
  std::unordered_map<std::string, std::vector<std::string>> layers_of_;
};

}  // namespace krane
