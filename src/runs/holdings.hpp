#pragma once
// What krane has on the engine's machine, for those who wonder where the disk went.
// Threads: the network thread. Failure: as the engine and the store.
#include <cstddef>
#include <cstdint>

#include "engine/engine.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"

namespace krane {

struct holdings {
  std::size_t containers = 0;
  std::size_t images = 0;         // that krane's runs fetched, and nobody has named since
  std::uint64_t image_bytes = 0;  // unpacked; a layer that several share is counted with each
  std::size_t volumes = 0;        // of deployments, those too that outlived theirs
};

task<holdings> look_at_holdings(store& state, engine& docker, vault const& secrets);

}  // namespace krane
