#pragma once
// The questions that tell of one image, to one place after another, blocking.
// Threads, Failure: as transfer.hpp; and what registry.hpp lists.
#include <functional>
#include <optional>
#include <string>

#include "registry/registry.hpp"
#include "registry/transfer.hpp"

namespace krane::oci {

struct wanted_image {
  image_ref what;
  std::optional<registry_login> login;
  pull_habits how;
};

// `known`: what is remembered of a digest, which never changes. A HEAD gives the digest, and Docker Hub counts it as no
// pull.
using memory = std::function<std::optional<remote_image>(std::string const& digest)>;
result<remote_image> look_up(wanted_image const& wanted, transfer& with, memory const& known);

}  // namespace krane::oci
