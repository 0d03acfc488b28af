#include "cli/wanted_specs.hpp"

#include <fmt/format.h>

#include <utility>

#include "cli/failure.hpp"
#include "cli/port_pair.hpp"
#include "cli/spec_file.hpp"

namespace krane::cli {
namespace {

result<spec_input> read_instead(arguments const& given) {
  spec_input instead;
  instead.name = given.find("NAME");
  instead.image = given.find("image");
  instead.tag = given.find("tag");
  if (auto const text = given.find("port")) {
    auto ports = parse_port_pair(*text);
    if (!ports) return usage_error(fmt::format("--port \"{}\" {}", *text, ports.error().message));
    instead.container_port = std::move(ports->container);
    // Without one in the pair none is wanted, whatever the file says.
    instead.host_port = ports->host.value_or("");
  }
  return instead;
}

result<std::vector<spec>> read_specs_of(std::string const& path, spec_input const& instead) {
  auto read = read_spec_files(path, instead);
  if (!read) return read.error();
  bool const one_service_only = instead.image || instead.tag || instead.container_port;
  if (read->size() > 1 && one_service_only)
    return usage_error(
        fmt::format("{} has {} services: name the one that --image, --tag or --port is for", path, read->size()));
  std::vector<spec> out;
  for (spec_file& one : *read) out.push_back(std::move(one.checked));
  return out;
}

}  // namespace

result<std::vector<spec>> find_specs(arguments const& given) {
  auto const instead = read_instead(given);
  if (!instead) return instead.error();
  auto const path = given.has("file") ? given.find("file") : find_spec_file();
  if (path) return read_specs_of(*path, *instead);
  if (!instead->name || !instead->image) return no_spec_file();
  auto made = make_spec(*instead);
  if (!made) return made.error();
  return std::vector{std::move(*made)};
}

result<std::vector<spec>> find_specs_in(std::string const& path, arguments const& given) {
  auto instead = read_instead(given);
  if (!instead) return instead.error();
  instead->name.reset();
  return read_specs_of(path, *instead);
}

argument spec_name_argument() {
  return {.name = "NAME",
          .meaning = "the deployment's name, instead of the file's",
          .required = false,
          .completes = completion::deployments};
}

std::vector<option> spec_options() {
  return {
      {.name = "file",
       .letter = 'f',
       .value = "FILE",
       .meaning = "the spec, or a Compose file; else krane.json, krane.yaml or deployment.json of this folder, the "
                  "first that is there",
       .completes = completion::files},
      {.name = "image", .value = "IMAGE", .meaning = "the image, instead of the file's; it may have a tag: app:v2"},
      {.name = "tag", .value = "TAG", .meaning = "the image's tag, instead of the file's"},
      {.name = "port",
       .value = "HOST:CONTAINER",
       .meaning = "the port of the server's machine and the container's, instead of the file's; CONTAINER alone "
                  "publishes none"},
  };
}

}  // namespace krane::cli
