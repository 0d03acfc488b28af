#pragma once
// What an answer that is no success means. Status and place first; the engine's wording only where nothing else tells
// a taken port from any other failed start, or why a registry gave nothing.
#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "engine/http_client.hpp"

namespace krane::docker {

// Anything not foreseen: errc::internal, engine_error; or engine_storage when the engine says that its disk is full.
// `doing` completes "the engine could not …".
error engine_failure(response const& answer, std::string_view doing);

// POST /containers/create, but for 404 and 409.
error create_failure(response const& answer, std::string_view container);

// POST /containers/…/start, but for 404.
error start_failure(response const& answer, std::string_view container);

// A pull, by its status and body, or (status 200) by the words of an errorDetail in its stream; or a question to a
// registry, by the same. `what` completes the name of the image.
error pull_failure(unsigned status, std::string_view words, std::string_view image,
                   std::string_view what = "was not pulled");

error no_such_container(std::string_view id_or_name);

// errc::invalid, output_not_kept: its logging driver takes what it writes and gives nothing back.
error output_not_kept(std::string_view container);

// errc::timed_out, deadline. `doing` completes "the engine did not …".
error late(std::string_view doing, std::chrono::milliseconds limit);

}  // namespace krane::docker
