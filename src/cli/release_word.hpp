#pragma once
// Releases as people name them: "3" or "@3", and "web@3" where the deployment is not named apart.
//
// Threads: any.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/command.hpp"

namespace krane::cli {

// A usage error for what is no number.
result<std::uint64_t> read_release(std::string_view word);

struct named_release {
  std::string deployment;
  std::optional<std::uint64_t> number;  // none: not said
};
// Of the arguments NAME, "web" or "web@3", and, if the command has it, RELEASE.
result<named_release> read_named_release(std::string_view name, std::optional<std::string> const& release = {});

}  // namespace krane::cli
