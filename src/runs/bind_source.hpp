#pragma once
// Where a path of the server's machine leads. The engine, which is root, follows every link of it; so what the server
// cannot follow itself must not be passed on.
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace krane {

struct bind_source {
  std::filesystem::path folder;   // as far as it exists, every link followed
  std::filesystem::path missing;  // the rest, which the engine would make; empty: all of it exists

  std::filesystem::path whole() const { return missing.empty() ? folder : folder / missing; }
};

// errc::forbidden, with why: no permission, a link that leads nowhere, a loop, a file where a folder should be.
result<bind_source> resolve_bind_source(std::string const& path);

}  // namespace krane
