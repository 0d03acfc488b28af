#pragma once
// The program from its arguments to its exit code.
#include <string>
#include <vector>

#include "cli/contexts.hpp"

namespace krane::cli {

// `line` without the program's name.
int run_program(std::vector<std::string> line, environment const& env);

}  // namespace krane::cli
