#pragma once
// The text of --help, made from the table of commands; man pages are made from the same.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace krane::cli {

// Of the whole program (`what` is null), a heading, or a command. Lines are at most `width` columns long.
std::string help_text(command const* what, std::vector<command> const& all, std::size_t width);

// "krane logs NAME [options]"
std::string usage_line(command const& what);
// "-n, --tail N"
std::string option_text(option const& one);
std::string_view group_title(command_group group);

struct described_exit_code {
  int code;
  std::string_view meaning;
};
std::vector<described_exit_code> const& exit_codes();

struct described_variable {
  std::string_view name;
  std::string_view meaning;
};
std::vector<described_variable> const& environment_variables();

// What the program is, in a sentence or two.
std::string_view program_text();

}  // namespace krane::cli
