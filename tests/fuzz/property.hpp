#pragma once
// What must hold for every input: libFuzzer keeps the input that breaks it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace krane::test {

inline void must_hold(bool property, char const* what) {
  if (property) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline std::string_view as_text(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

}  // namespace krane::test
