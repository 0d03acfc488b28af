#pragma once
// Every command family: one function each, defined in the file of its name. A new family needs a line here and one in
// families.cpp.
#include <vector>

#include "cli/command.hpp"

namespace krane::cli {

std::vector<command> list_commands();  // list.cpp: list

// All of them, in the order in which help lists them.
std::vector<command> const& all_commands();

}  // namespace krane::cli
