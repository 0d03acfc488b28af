#pragma once
// What a stranger wrote, fit for a log or an answer: one line, valid UTF-8, of a bounded length.
//
// Threads: any.
#include <string>
#include <string_view>

namespace krane {

// At most 256 bytes of it are taken; control characters become '?'.
std::string printable(std::string_view text);

}  // namespace krane
