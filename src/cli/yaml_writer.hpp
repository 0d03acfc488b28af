#pragma once
// JSON as YAML, for people who would rather read that: what `-o yaml` prints. Reading it as YAML 1.2, or 1.1 as most
// programs do, gives the same JSON again.
//
// Threads: any.
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace krane::cli {

// Ends with a newline.
std::string to_yaml(boost::json::value const& from);

// A text as one YAML scalar, in quotes only where it would otherwise be something else ("8080", "no", "").
std::string yaml_scalar(std::string_view text);

}  // namespace krane::cli
