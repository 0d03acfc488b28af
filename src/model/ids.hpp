#pragma once
// The names and ids of the field, each a type of its own.
#include <string_view>

#include "base/result.hpp"
#include "base/text_id.hpp"

namespace krane {

using deployment_name = text_id<struct deployment_name_tag>;
using run_id = text_id<struct run_id_tag>;              // 8 hex digits; also the tail of its container's name
using container_id = text_id<struct container_id_tag>;  // the engine's, 64 hex digits
using image_id = text_id<struct image_id_tag>;          // "sha256:…", of the image's configuration
using session_id = text_id<struct session_id_tag>;
using instance_id = text_id<struct instance_id_tag>;  // of a store: made with it, kept for its life

// [a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?  — else errc::invalid, its message without the name of the field.
result<deployment_name> parse_deployment_name(std::string_view text);

// A new random one.
run_id make_run_id();

}  // namespace krane
