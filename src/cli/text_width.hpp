#pragma once
// How many columns of a terminal a text takes.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace krane::cli {

// Of valid UTF-8 without control characters. East Asian wide characters and emoji take two, marks that combine none;
// colours (ESC [ … m) none.
std::size_t display_width(std::string_view text);

// The text, or its beginning with "…" behind it, so that it takes at most `width` columns.
std::string cut_to_width(std::string_view text, std::size_t width);

// Lines of at most `width` columns, broken at spaces; a word that is longer has a line of its own.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace krane::cli
