#pragma once
// "HOST:CONTAINER", as --port takes it.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane::cli {

struct port_pair {
  std::optional<std::string> host;  // none: no port of the host leads to it
  std::string container;
};

// "9002:8080", or "8080" for a container's port alone. A usage_error that names --port.
result<port_pair> parse_port_pair(std::string_view text);

}  // namespace krane::cli
