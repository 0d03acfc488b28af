#pragma once
// What a shell reads to complete krane's words: each asks the hidden command `krane complete` what they can become.
#include <array>
#include <string_view>

namespace krane::cli {

inline constexpr std::array<std::string_view, 3> completed_shells{"bash", "zsh", "fish"};

// "" for any other shell.
std::string_view completion_script(std::string_view shell);

// The line of `krane complete` that stands for files of the folder.
inline constexpr std::string_view files_directive = ":files";

}  // namespace krane::cli
