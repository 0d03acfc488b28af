#pragma once
// Which krane this is; CMake's project version.

namespace krane {

#ifndef KRANE_VERSION
#define KRANE_VERSION "0.0.0"
#endif
inline constexpr char version[] = KRANE_VERSION;

}  // namespace krane
