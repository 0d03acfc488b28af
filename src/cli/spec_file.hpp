#pragma once
// The file that says what a deployment is: krane.json, krane.yaml or deployment.json, or a Compose file, read and
// checked without a server.
//   {"name": "web", "config": {"image": "davidcasta/docker-to-node", "container_port": 8080}}
// The fields of "config" may also stand beside "name", without it; "$schema", for editors, is let be.
//
// Failure: errc::invalid with every fault at once, each `details` path naming file, place and field
//          ("krane.yaml:4:3: config.host_prot"); errc::not_found where there is no file.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/spec.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {

struct spec_file {
  std::string path;
  spec_input written;  // what stands in it, and what was said instead
  spec checked;        // the same
  bool says_replicas = false;
};

// What was said on the command line takes the place of what was written. A tag or registry that was written stands back
// where the image said instead has one of its own.
void apply_instead(spec_input& written, spec_input const& instead);
// How a person says that field on the command line: "--image".
char const* flag_of(spec_field const& field);

// The first of krane.json, krane.yaml, deployment.json that is in the folder.
std::optional<std::string> find_spec_file(std::string const& folder = ".");
// The first of them that names this deployment, a Compose file by a service of that name. Fails as read_spec_files,
// where one cannot be read and so may or may not be meant.
result<std::optional<std::string>> find_spec_file_of(std::string const& name, std::string const& folder = ".");
// errc::not_found, for a command that needs one and found none.
error no_spec_file();

// What `instead` has counts more than the file. The language follows the name's end, .json, .yaml or .yml, and else the
// text. "-" is standard input. A Compose file gives a deployment for each service, in the order in which they can come
// up; `instead.name` then says which one alone. Else there is one.
result<std::vector<spec_file>> read_spec_files(std::string const& path, spec_input const& instead = {});

// As read_spec_files, of a text; `path` is for the messages and the language.
result<std::vector<spec_file>> read_specs(std::string_view text, std::string const& path,
                                          spec_input const& instead = {});

}  // namespace krane::cli
