#pragma once
// A frequent reason why a container does not start: its image was built for another kind of machine.
//
// Threads: the network thread.  Cancel: at any time.
#include <optional>
#include <string>

#include "engine/engine.hpp"

namespace krane {

// "; the image is for arm64, and this machine is amd64 …", to be put behind what was seen; empty if it fits, or that
// cannot be told.
coroutine<std::string> say_if_foreign(engine& docker, std::optional<image_id> image);

}  // namespace krane
