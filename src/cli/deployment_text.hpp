#pragma once
// What is said of deployments and runs in more than one command.
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "client/types.hpp"

namespace krane::cli {

// "davidcasta/docker-to-node:v2"; docker.io, which everybody means, is left out.
std::string image_text(client::config_info const& config);
// The same of a whole reference, "docker.io/davidcasta/docker-to-node:v2".
std::string short_image(std::string_view reference);
// "9002:8080", "8080", "-"
std::string ports_text(client::config_info const& config);
// Of what is active, else of what is stored.
std::string image_text(client::deployment_item const& of);
// "run 5 failed: unhealthy; 4 restarts": what the status does not say, or "".
std::string note_text(client::deployment_item const& of);
// "run 6 (tag v1)"; "run 7 (stop)"
std::string run_text(client::run_info const& run);
// How long it took, or has taken until now.
std::string run_duration(client::run_info const& run, time_point now);
// In the person's own time zone: "2026-01-02 03:04:05". The text as it is, if that is no time.
std::string local_time(std::string_view rfc3339);

}  // namespace krane::cli
