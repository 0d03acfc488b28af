#pragma once
// The body of POST /containers/create, built from our own fields alone.
// Source: Docker Engine API 1.40.
#include <string>

#include "engine/engine.hpp"

namespace krane::docker {

std::string create_body(container_spec const& what);

}  // namespace krane::docker
