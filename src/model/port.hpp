#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.hpp"

namespace krane {

using port = std::uint16_t;  // 1–65535; 0 is never one

// "1".."65535", nothing else.
result<port> parse_port(std::string_view text);

}  // namespace krane
