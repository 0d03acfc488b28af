#pragma once
// A plan for people: a line for each thing, behind + for what comes, - for what goes, ~ for what becomes something
// else, and ! for what the deploy would fail with.
#include <string>

#include "cli/style.hpp"
#include "client/plan_types.hpp"

namespace krane::cli {

// Ends with a newline.
std::string plan_text(client::plan_info const& from, style with);

}  // namespace krane::cli
