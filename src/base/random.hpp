#pragma once
// Random bytes fit for keys, and text made of them. A system without randomness is no place to run: it ends the
// process (std::abort after a log line), since no caller could go on safely.
//
// Threads: any.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace krane {

void fill_random(std::span<std::uint8_t> out);
// `bytes` random bytes as 2·bytes lower-case hex digits.
std::string random_hex(std::size_t bytes);
// Lower-case hex of any bytes.
std::string to_hex(std::span<std::uint8_t const> bytes);

}  // namespace krane
