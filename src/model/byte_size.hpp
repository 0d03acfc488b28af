#pragma once
// Amounts of memory and disk as people write them, spelled as Compose spells them: "512M", "1.5g", "64kb", "1048576".
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane {

// Units b, k, m, g, t of 1024 each, also kb, mb… and kib, mib…, in either case; none is bytes. errc::invalid.
result<std::uint64_t> parse_byte_size(std::string_view text);

// The shortest text that parse_byte_size reads as the same: "512M".
std::string byte_size_text(std::uint64_t bytes);

// For people, rounded: "1.5 GiB", "820 MiB".
std::string rounded_size(std::uint64_t bytes);

}  // namespace krane
