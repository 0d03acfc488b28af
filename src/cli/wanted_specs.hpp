#pragma once
// What is to be deployed, as it was typed: NAME, -f, --image, --tag and --port.
#include <vector>

#include "base/result.hpp"
#include "cli/command.hpp"
#include "model/spec.hpp"

namespace krane::cli {

argument spec_name_argument();
std::vector<option> spec_options();

// The file's specs with what was said instead; where there is no file, all has to be said. Fails as read_spec_files,
// and with usage errors.
result<std::vector<spec>> find_specs(arguments const& given);
// The same of a file that was named otherwise, with NAME being no name.
result<std::vector<spec>> find_specs_in(std::string const& path, arguments const& given);

}  // namespace krane::cli
