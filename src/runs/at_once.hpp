#pragma once
// Several things that take their time, done beside each other: a stop takes as long as its container's grace, and ten
// containers need not take ten times that.
//
// Threads: the network thread.
// Cancel: cancels all, and returns when they have ended.
#include <vector>

#include "base/task.hpp"

namespace krane {

// At most eight at a time. All are tried, whatever becomes of the others; the first error of any.
task<void> at_once(std::vector<task<void>> works);

}  // namespace krane
