#pragma once
// What people read of a run while it goes on. Pure.
#include <string>

#include "runs/deploy_plan.hpp"
#include "runs/run_machine.hpp"

namespace krane {

// The containers that a check is about, in words: one, or all.
std::string who_is_checked(run const& r);

// What a release was seen to do while it was watched.
std::string settled_in_words(run const& r);

// When an action begins; "" where nothing is said of it.
std::string announcement(run const& r, action a);

// What becomes of connections while the release that runs is replaced.
std::string gap_in_words(deploy_plan const& of);

// "switched, 0 refused, 3 drained"
std::string in_words(run_traffic const& t);

}  // namespace krane
