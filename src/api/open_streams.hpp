#pragma once
#include <string_view>

#include "base/result.hpp"

namespace krane {

// Whether events and container output can be followed without a token.
enum class open_streams {
  loopback,  // while the server listens on loopback only and the request did not come through a proxy
  always,
  never,
};
// "loopback", "always", "never"; errc::invalid for anything else.
result<open_streams> parse_open_streams(std::string_view text);

}  // namespace krane
