#pragma once
// What the engine answers, taken apart. Fields that it may leave out or send as null are so here too; what it adds is
// ignored. errc::internal, engine_error: the answer is not what the API says it is.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace krane::docker {

// `what` was asked for, for the message.
result<boost::json::value> read_json(std::string_view text, std::string_view what);

result<container_details> read_container(std::string_view text);
result<std::vector<container_summary>> read_container_list(std::string_view text);
// The digest of what GET /distribution/…/json describes.
result<std::string> read_distribution(std::string_view text);
result<engine_event> read_event(std::string_view text);

struct version_answer {
  std::string version;
  std::string api_version;
  std::string min_api_version;  // empty if it says none
  std::string os;
  std::string architecture;
};
result<version_answer> read_version(std::string_view text);

// Where it keeps its things, of GET /info.
result<std::string> read_storage_folder(std::string_view text);

result<std::vector<network_details>> read_network_list(std::string_view text);

// The "Id" of what was created.
result<std::string> read_created_id(std::string_view text);
// Fit for a sentence: one line, valid UTF-8, at most 1,000 bytes and a bit.
std::string one_line(std::string_view words);
// {"message": "…"}, or the text itself if it is not that; as one line.
std::string read_message(std::string_view body);

}  // namespace krane::docker
