#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/command_context.hpp"
#include "cli/families.hpp"
#include "cli/spec_file.hpp"
#include "cli/spec_schema.hpp"
#include "model/service_fields.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {
namespace {

using boost::json::object;

boost::json::value data_of(spec_file const& file) {
  object config;
  object out{{"file", file.path}};
  for (spec_field const& field : spec_fields()) {
    auto const& written = file.written.*field.slot;
    std::string const value = written && !written->empty() ? *written : std::string(field.fallback);
    if (!value.empty())
      (field.in_config ? config : out)[boost::json::string_view(field.key.data(), field.key.size())] = value;
  }
  for (auto& [key, value] : service_json(file.checked.service)) config[key] = value;
  out["config"] = std::move(config);
  return out;
}

std::string text_of(spec_file const& file) {
  spec const& s = file.checked;
  std::string ports;
  if (s.container_port) ports = fmt::format(", its port {}", *s.container_port);
  if (s.host_port) ports += fmt::format(" at the host's {}", *s.host_port);
  return fmt::format("{} is right: {} runs {}{}\n", file.path, s.name.str(), s.image_for(std::nullopt).text(), ports);
}

task<exit_code> validate(command_context& with, arguments given) {
  auto const path = given.has("file") ? given.find("file") : find_spec_file();
  if (!path) co_return no_spec_file();
  auto const files = read_spec_files(*path);
  if (!files) co_return files.error();
  boost::json::array all;
  std::vector<std::string> names;
  std::string text;
  for (spec_file const& one : *files) {
    all.push_back(data_of(one));
    names.push_back(one.checked.name.str());
    text += text_of(one);
  }
  boost::json::value data = all.size() == 1 ? all.front() : boost::json::value(std::move(all));
  with.out.show({.data = std::move(data), .names = std::move(names), .text = std::move(text)});
  co_return exit_code::done;
}

task<exit_code> schema(command_context& with, arguments) {
  auto const document = spec_schema();
  with.out.show({.data = document, .names = {}, .text = to_pretty_json(document)});
  co_return exit_code::done;
}

}  // namespace

std::vector<command> validate_commands() {
  return {{.path = {"validate"},
           .group = command_group::file,
           .summary = "Check a spec file, without a server",
           .description = "Tells every fault at once, each with its place in the file and its field. The default is "
                          "the first of krane.json, krane.yaml and deployment.json in this folder.",
           .options = {{.name = "file",
                        .letter = 'f',
                        .value = "FILE",
                        .meaning = "the file to check; - is standard input",
                        .completes = completion::files}},
           .examples = {{"krane validate -f deploy/web.yaml", "a file of another name"}},
           .run = validate},
          {.path = {"schema"},
           .group = command_group::file,
           .summary = "Print the JSON Schema of spec files",
           .description = "For editors and other programs; krane init writes it beside the file that it makes.",
           .examples = {{"krane schema > krane.schema.json", "for editors, beside a file that was written by hand"}},
           .run = schema}};
}

}  // namespace krane::cli
