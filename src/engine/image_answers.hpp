#pragma once
// What the engine answers about images and volumes, and where it has them from. Failure: as answers.hpp.
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace krane::docker {

result<image_details> read_image(std::string_view text);
result<std::vector<image_summary>> read_image_list(std::string_view text);
result<std::vector<std::string>> read_volume_names(std::string_view text);
result<volume_details> read_volume(std::string_view text);
// Of GET /info; without os and architecture.
result<pull_habits> read_pull_habits(std::string_view text);

}  // namespace krane::docker
