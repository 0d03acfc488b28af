#pragma once
// An archive of a few files, in the form (ustar) in which the engine takes what is to be put into a container.
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace krane::docker {

// Owner and group 0, mode 0444, last changed in 1970: the same files always make the same bytes.
std::string make_tar(std::vector<container_file> const& files);

}  // namespace krane::docker
