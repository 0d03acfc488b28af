#pragma once
// A new krane.yaml: what was answered, and every other field as a comment that says what it is for.
#include <string>
#include <string_view>

#include "model/spec.hpp"

namespace krane::cli {

inline constexpr std::string_view schema_file_name = "krane.schema.json";

// Its first line leads editors to the schema beside it.
std::string spec_template(spec_input const& answers);

}  // namespace krane::cli
