#include "cli/spec_template.hpp"

#include <fmt/format.h>

#include "cli/yaml_writer.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t widest = 78;

// As comment lines, broken between words.
std::string comment(std::string_view text, std::string_view indent) {
  std::string out;
  std::string line;
  auto const end_line = [&] {
    out += fmt::format("{}#{}\n", indent, line);
    line.clear();
  };
  while (!text.empty()) {
    auto const space = text.find(' ');
    auto const word = text.substr(0, space);
    if (!line.empty() && indent.size() + line.size() + word.size() + 2 > widest) end_line();
    line += fmt::format(" {}", word);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  end_line();
  return out;
}

std::string written(spec_field const& field, std::string_view value) {
  return field.is == spec_field::kind::port ? std::string(value) : yaml_scalar(value);
}

std::string lines_of(spec_field const& field, spec_input const& answers) {
  std::string_view const indent = field.in_config ? "  " : "";
  std::string meaning(field.meaning);
  if (!field.fallback.empty()) meaning += fmt::format(" Default: {}", field.fallback);
  auto const& answer = answers.*field.slot;
  bool const given = answer && !answer->empty();
  return comment(meaning, indent) + fmt::format("{}{}{}: {}\n", indent, given ? "" : "# ", field.key,
                                                written(field, given ? std::string_view(*answer) : field.example));
}

}  // namespace

std::string spec_template(spec_input const& answers) {
  std::string out = fmt::format("# yaml-language-server: $schema=./{}\n", schema_file_name);
  out += comment("What `krane deploy` deploys from this folder. `krane validate` checks it without a server.", "");
  bool in_config = false;
  for (spec_field const& field : spec_fields()) {
    out += '\n';
    if (field.in_config && !in_config) out += "config:\n";
    in_config = field.in_config;
    out += lines_of(field, answers);
  }
  return out;
}

}  // namespace krane::cli
