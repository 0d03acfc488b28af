#pragma once
// Text that came from outside and must become JSON, which takes valid UTF-8 only.
#include <string>
#include <string_view>

namespace krane {

bool is_valid_utf8(std::string_view text);

// The same text, each byte that belongs to no valid sequence replaced by U+FFFD. Overlong forms, surrogates and what is
// past U+10FFFF are not valid.
std::string to_valid_utf8(std::string_view text);

}  // namespace krane
