#pragma once
// Manual pages, made from the same descriptions of the commands as --help.
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace krane::cli {

// In roff's man macros. `what` is null for krane(1) itself.
std::string man_page(command const* what, std::vector<command> const& all);

// "krane-sessions-ls.1"
std::string man_page_name(command const* what);

}  // namespace krane::cli
