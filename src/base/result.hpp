#pragma once
// A value, or the error that says why there is none. Ignoring one does not compile (warnings are errors).
//   result<port> parse(...);
//   auto p = parse(text);  if (!p) return p.error();  use(*p);
#include <expected>
#include <type_traits>
#include <utility>

#include "base/error.hpp"

namespace krane {

template <class T>
class [[nodiscard]] result : public std::expected<T, error> {
public:
  using std::expected<T, error>::expected;
  result(error failure) : std::expected<T, error>(std::unexpected(std::move(failure))) {}
};

}  // namespace krane
