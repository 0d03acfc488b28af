#pragma once
// For what must not happen, where nobody is left to give an error to.
#include <string>

namespace krane {

// An error in the log; but a program that has no log defines a function of its own, and is then linked without one.
void report_bug(std::string const& text);

}  // namespace krane
