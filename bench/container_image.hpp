#pragma once
// The image of krane-bench-serve, in a registry from which krane can pull it. Containers of busybox' servers would be
// what limits the measurement.
#include <string>

#include "bench/engine_calls.hpp"

namespace krane::bench {

class container_image {
public:
  // `program` is krane-bench, which has krane-bench-serve beside it. KRANE_TEST_REGISTRY names the registry.
  container_image(engine_calls& engine, std::string const& program);
  // Tags "1" and "2" answer so.
  std::string config(std::uint16_t host_port, std::string const& more = {}) const;

private:
  std::string registry_;
};

}  // namespace krane::bench
