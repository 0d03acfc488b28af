#pragma once
// The two languages in which people write files.
#include <string_view>

#include "base/result.hpp"
#include "model/written_value.hpp"

namespace krane::cli {

// errc::malformed for what is no YAML or no JSON, its message beginning with "line:column: ".
result<written_value> parse_yaml(std::string_view text);
result<written_value> parse_json_file(std::string_view text);

}  // namespace krane::cli
