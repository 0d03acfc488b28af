#include "cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/text_width.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t widest_term = 26;

struct row {
  std::string term;
  std::string meaning;
};

std::string paragraph(std::string_view text, std::size_t width, std::size_t indent = 0) {
  std::string out;
  for (std::string const& line : wrap(text, width - indent)) out += std::string(indent, ' ') + line + "\n";
  return out;
}

// Terms on the left, what they mean wrapped on the right.
std::string rows_text(std::vector<row> const& rows, std::size_t width) {
  std::size_t column = 0;
  for (row const& one : rows)
    if (auto const size = display_width(one.term); size <= widest_term) column = std::max(column, size);
  std::string out;
  for (row const& one : rows) {
    std::string line = "  " + one.term;
    if (display_width(one.term) > column) {
      out += line + "\n";
      line.clear();
    }
    for (std::string const& part : wrap(one.meaning, width - column - 4)) {
      line.append(column + 4 - std::min(column + 4, display_width(line)), ' ');
      out += line + part + "\n";
      line.clear();
    }
  }
  return out;
}

std::string section(std::string_view title, std::string const& body) {
  return body.empty() ? std::string() : fmt::format("\n{}:\n{}", title, body);
}

std::string meaning_of(option const& one) {
  return one.many ? one.meaning + "; may be given more than once" : one.meaning;
}

std::string options_section(std::string_view title, std::vector<option> const& options, std::size_t width) {
  std::vector<row> rows;
  for (option const& one : options) rows.push_back({option_text(one), meaning_of(one)});
  return section(title, rows_text(rows, width));
}

std::string commands_section(std::string_view title, std::vector<command const*> const& some, std::size_t width) {
  std::vector<row> rows;
  for (command const* one : some) {
    std::string term = one->name();
    for (std::string const& alias : one->aliases) term += ", " + alias;
    rows.push_back({std::move(term), one->summary});
  }
  return section(title, rows_text(rows, width));
}

std::string program_help(std::vector<command> const& all, std::size_t width) {
  std::string out = paragraph(program_text(), width) + "\nUsage: krane COMMAND [options]\n";
  for (auto group : {command_group::deploy, command_group::look, command_group::server, command_group::file,
                     command_group::program}) {
    std::vector<command const*> some;
    for (command const& one : all)
      if (one.group == group && !one.hidden && one.path.size() == 1) some.push_back(&one);
    out += commands_section(group_title(group), some, width);
  }
  out += options_section("Options of every command", global_options(), width);
  std::vector<row> codes;
  for (auto const& [code, meaning] : exit_codes()) codes.push_back({std::to_string(code), std::string(meaning)});
  out += section("Exit codes", rows_text(codes, width));
  std::vector<row> variables;
  for (auto const& [name, meaning] : environment_variables())
    variables.push_back({std::string(name), std::string(meaning)});
  out += section("Environment", rows_text(variables, width));
  return out + "\n" + paragraph("krane COMMAND --help says more about a command.", width);
}

std::string description_text(command const& what, std::size_t width) {
  std::string out;
  std::string_view rest = what.description;
  while (!rest.empty()) {
    auto const end = rest.find("\n\n");
    out += "\n" + paragraph(rest.substr(0, end), width);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return out;
}

}  // namespace

std::string usage_line(command const& what) {
  std::string out = "krane " + what.name();
  if (what.run == nullptr) return out + " COMMAND [options]";
  for (argument const& one : what.arguments) {
    std::string const name = one.many ? one.name + "..." : one.name;
    out += one.required ? " " + name : fmt::format(" [{}]", name);
  }
  return out + " [options]";
}

std::string option_text(option const& one) {
  std::string const letter = one.letter == '\0' ? "    " : fmt::format("-{}, ", one.letter);
  return fmt::format("{}--{}{}{}", letter, one.name, one.value.empty() ? "" : " ", one.value);
}

std::string_view group_title(command_group group) {
  switch (group) {
    case command_group::deploy:
      return "Deploy";
    case command_group::look:
      return "Look";
    case command_group::server:
      return "Servers and sessions";
    case command_group::file:
      return "Spec files";
    case command_group::program:
      return "This program";
  }
  std::unreachable();
}

std::vector<described_exit_code> const& exit_codes() {
  static std::vector<described_exit_code> const all{
      {0, "done"},
      {1, "the operation failed"},
      {2, "the command line is wrong; of krane plan: something would change"},
      {3, "not found"},
      {4, "not allowed: not logged in, or the session is over"},
      {5, "conflict: the server's state does not allow it"},
      {6, "the server cannot be reached"},
      {124, "timed out"},
      {130, "interrupted"}};
  return all;
}

std::vector<described_variable> const& environment_variables() {
  static std::vector<described_variable> const all{
      {"KRANE_CONTEXT", "the context to use, where --context is not given"},
      {"KRANE_ENDPOINT", "the server to talk to, without a context: http(s)://, unix:// or ssh://"},
      {"KRANE_TOKEN", "the session's token for that server; `krane sessions create` makes one for programs"},
      {"NO_COLOR", "no colours, if set to anything"},
      {"XDG_CONFIG_HOME", "contexts and tokens are kept in its folder krane; ~/.config unless set"}};
  return all;
}

std::string_view program_text() {
  return "krane deploys containers on a krane server: it brings releases up, shows what happens to them, and takes "
         "them down again.";
}

std::string help_text(command const* what, std::vector<command> const& all, std::size_t width) {
  if (what == nullptr) return program_help(all, width);
  std::string out = paragraph(what->summary + ".", width) + "\nUsage: " + usage_line(*what) + "\n";
  for (std::string const& alias : what->aliases) {
    command named = *what;
    named.path.back() = alias;
    out += "Also:  " + usage_line(named) + "\n";
  }
  out += description_text(*what, width);
  std::vector<row> rows;
  for (argument const& one : what->arguments) rows.push_back({one.name, one.meaning});
  out += section("Arguments", rows_text(rows, width));
  std::vector<command const*> below;
  for (command const& one : all)
    if (!one.hidden && one.path.size() > what->path.size() && one.path.front() == what->path.front())
      below.push_back(&one);
  out += commands_section("Commands", below, width);
  out += options_section("Options", what->options, width);
  out += options_section("Options of every command", global_options(), width);
  std::string examples;
  for (example const& one : what->examples) examples += fmt::format("  {}\n      {}\n", one.line, one.meaning);
  return out + section("Examples", examples);
}

}  // namespace krane::cli
