#pragma once
// The API's document (OpenAPI 3.1), made from the rows that the router is made from.
#include <string>
#include <vector>

#include "api/endpoint.hpp"

namespace krane {

std::string make_openapi(std::vector<endpoints::endpoint> const& all, std::string const& version);

}  // namespace krane
