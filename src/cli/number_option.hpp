#pragma once
// An option whose value is a whole number.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "cli/command.hpp"

namespace krane::cli {

// None where it was not given. A usage error for anything that is no number from `lowest` to `highest`.
result<std::optional<std::uint64_t>> number_option(arguments const& given, std::string_view name, std::uint64_t lowest,
                                                   std::uint64_t highest);

}  // namespace krane::cli
