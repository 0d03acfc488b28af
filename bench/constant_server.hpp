#pragma once
// The yardstick for a list: krane's own HTTP layer, answering every request with one body that is there already.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "e2e/harness/process.hpp"
#include "support/temp_folder.hpp"

namespace krane::bench {

// Serves until it is killed; prints its port on the first line. For `krane-bench --constant BYTES`.
int serve_constant(std::size_t body_bytes);

class constant_server {
public:
  // `program` is krane-bench itself.
  constant_server(std::string const& program, std::size_t body_bytes);
  std::uint16_t port() const { return port_; }

private:
  test::temp_folder folder_;
  std::unique_ptr<e2e::process> process_;
  std::uint16_t port_ = 0;
};

}  // namespace krane::bench
