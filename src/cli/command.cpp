#include "cli/command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace krane::cli {

std::optional<std::string> arguments::find(std::string_view name) const {
  auto const& values = all(name);
  return values.empty() ? std::nullopt : std::optional(values.back());
}

std::string const& arguments::get(std::string_view name) const {
  auto const& values = all(name);
  if (values.empty()) throw std::logic_error(fmt::format("{} was not given, and is no required argument", name));
  return values.back();
}

std::vector<std::string> const& arguments::all(std::string_view name) const {
  auto const found = given_.find(name);
  if (found == given_.end()) throw std::logic_error(fmt::format("the command has no {}", name));
  return found->second;
}

std::string command::name() const {
  return fmt::format("{}", fmt::join(path, " "));
}

std::vector<option> const& global_options() {
  static std::vector<option> const all{
      {.name = "context",
       .value = "NAME",
       .meaning = "the server to talk to, by the name that `krane context ls` shows",
       .completes = completion::contexts},
      {.name = "output",
       .letter = 'o',
       .value = "FORMAT",
       .meaning = "table, json, yaml or name; streams write a JSON object a line",
       .choices = {"table", "json", "yaml", "name"}},
      {.name = "quiet", .letter = 'q', .meaning = "no progress and no messages but errors"},
      {.name = "verbose", .letter = 'v', .meaning = "say more about what is done and why it failed"},
      {.name = "no-color", .meaning = "no colours; so does the variable NO_COLOR"},
      {.name = "help", .letter = 'h', .meaning = "show this text"},
  };
  return all;
}

argument deployment_argument() {
  return {.name = "NAME", .meaning = "the deployment", .completes = completion::deployments};
}

}  // namespace krane::cli
