#pragma once
// The bodies of POST /containers/create and of an update, built from our own fields alone.
// Source: Docker Engine API 1.40.
#include <optional>
#include <string>

#include "engine/engine.hpp"

namespace krane::docker {

std::string create_body(container_spec const& what);
// That of POST /containers/…/update.
std::string restart_body(std::optional<restart_policy> const& wanted);

}  // namespace krane::docker
