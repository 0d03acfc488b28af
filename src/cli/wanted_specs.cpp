#include "cli/wanted_specs.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "cli/config_changes.hpp"
#include "cli/failure.hpp"
#include "cli/port_pair.hpp"
#include "model/spec_json.hpp"

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

// No deployment can be named so.
bool is_path(std::string_view text) {
  return text.find_first_of("./") != std::string_view::npos || text == "-";
}

result<std::vector<typed_deployment>> typed_of_file(std::string const& path, spec_input const& options) {
  auto read = read_spec_files(path, options);
  if (!read) return read.error();
  bool const one_service_only = options.image || options.tag || options.container_port;
  if (read->size() > 1 && one_service_only)
    return usage_error(
        fmt::format("{} has {} services: name the one that --image, --tag or --port is for", path, read->size()));
  std::vector<typed_deployment> out;
  for (spec_file& one : *read) {
    std::string name = one.checked.name.str();
    out.push_back({.name = std::move(name), .file = std::move(one), .options = options});
  }
  return out;
}

// The fields that options can change.
constexpr std::array<std::string_view, 5> optional_keys{"registry", "image", "tag", "container_port", "host_port"};

boost::json::string_view json_text(std::string_view text) {
  return {text.data(), text.size()};
}

std::optional<std::string> text_at(boost::json::object const& config, std::string_view key) {
  auto const* const found = config.if_contains(json_text(key));
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(found->get_string());
}

// Faults are told by the option that they lie in.
error faults_of(error why, spec_input const& options) {
  std::vector<fault> faults;
  for (fault& one : why.details) {
    for (spec_field const& field : spec_fields())
      if (path_of(field) == one.path && options.*field.slot) one.path = flag_of(field);
    faults.push_back(std::move(one));
  }
  return make_error(std::move(faults));
}

result<wanted_deployment> wanted_of_options(typed_deployment const& typed, client::stored_config stored) {
  auto const before = config_of(stored.config);
  if (!before.contains("image"))
    return make_error(errc::conflict, fmt::format("the stored configuration of {0} cannot be read, so it cannot be "
                                                  "changed in part; replace it whole: krane deploy {0} -f FILE",
                                                  typed.name));
  spec_input input{.name = typed.name,
                   .registry = text_at(before, "registry"),
                   .image = text_at(before, "image"),
                   .tag = text_at(before, "tag"),
                   .container_port = text_at(before, "container_port"),
                   .host_port = text_at(before, "host_port")};
  apply_instead(input, typed.options);
  auto const checked = make_spec(input);
  if (!checked) return faults_of(checked.error(), typed.options);
  auto const after = config_json(*checked);
  wanted_deployment out{.name = typed.name,
                        .source = fmt::format("options on the stored configuration of {}", typed.name),
                        .config = before,
                        .patch = boost::json::object(),
                        .stored = std::move(stored)};
  for (auto const key : optional_keys) {
    auto const* const now = after.if_contains(json_text(key));
    auto const* const then = before.if_contains(json_text(key));
    if (now == nullptr && then != nullptr) {
      out.config.erase(json_text(key));
      (*out.patch)[json_text(key)] = nullptr;
    } else if (now != nullptr && (then == nullptr || *now != *then)) {
      out.config[json_text(key)] = *now;
      (*out.patch)[json_text(key)] = *now;
    }
  }
  return out;
}

result<wanted_deployment> wanted_of_nothing_but_options(typed_deployment const& typed, client::krane_api const& api) {
  if (!typed.options.image)
    return make_error(errc::not_found,
                      fmt::format("there is no deployment \"{}\" on {}, and no file of this folder names it; say what "
                                  "to run with --image, or name a file with -f",
                                  typed.name, api.where().text()));
  auto const made = make_spec(typed.options);
  if (!made) return made.error();
  return wanted_deployment{.name = typed.name, .source = "options alone", .config = config_json(*made)};
}

wanted_deployment wanted_of_file(typed_deployment typed, std::optional<client::stored_config> stored) {
  wanted_deployment out{.name = std::move(typed.name),
                        .source = std::move(typed.file->path),
                        .config = config_json(typed.file->checked),
                        .patch = {},
                        .stored = std::move(stored)};
  if (!out.stored || typed.file->says_replicas) return out;
  auto const* const scaled = out.stored->config.if_contains("replicas");
  if (scaled == nullptr) return out;
  out.config["replicas"] = *scaled;
  boost::system::error_code none;
  auto const many = scaled->to_number<std::uint64_t>(none);
  if (!none && many > 1) out.keeps_replicas = many;
  return out;
}

// While others change the same configuration all the time.
constexpr int most_tries = 5;

task<client::stored_deployment> put_wanted(client::krane_api& api, wanted_deployment const& wanted,
                                           std::optional<std::uint64_t> if_release) {
  std::string const tag = wanted.stored ? wanted.stored->tag : std::string();
  if (wanted.patch) {
    auto patched = co_await api.patch_deployment(wanted.name, *wanted.patch, if_release, tag);
    // An older server has no PATCH, and takes the same config whole.
    if (patched || patched.error().code != errc::method_not_allowed) co_return patched;
  }
  co_return co_await api.put_deployment({wanted.name, wanted.config}, !wanted.stored, if_release, tag);
}

}  // namespace

result<std::vector<typed_deployment>> read_typed(arguments const& given) {
  auto options = read_instead(given);
  if (!options) return options.error();
  auto path = given.find("file");
  if (options->name && is_path(*options->name)) {
    if (path)
      return usage_error(fmt::format("{} and --file {} both name a file; leave one out", *options->name, *path));
    path = std::exchange(options->name, std::nullopt);
  }
  if (!path && !options->name) {
    path = find_spec_file();
    if (!path) return no_spec_file();
  }
  if (!path) {
    auto found = find_spec_file_of(*options->name);
    if (!found) return found.error();
    path = std::move(*found);
  }
  if (path) return typed_of_file(*path, *options);
  return std::vector{typed_deployment{.name = *options->name, .file = {}, .options = *options}};
}

std::vector<config_change> wanted_deployment::changes() const {
  return stored ? find_changes(config_of(stored->config), config) : std::vector<config_change>();
}

task<wanted_deployment> find_wanted(client::krane_api& api, typed_deployment typed) {
  auto stored = co_await api.find_config(typed.name);
  if (!stored) co_return stored.error();
  if (typed.file) co_return wanted_of_file(std::move(typed), std::move(*stored));
  if (*stored) co_return wanted_of_options(typed, std::move(**stored));
  co_return wanted_of_nothing_but_options(typed, api);
}

task<stored_wanted> store_wanted(client::krane_api& api, typed_deployment typed,
                                 std::optional<std::uint64_t> if_release) {
  for (int tries_left = most_tries;; --tries_left) {
    auto wanted = co_await find_wanted(api, typed);
    if (!wanted) co_return wanted.error();
    auto stored = co_await put_wanted(api, *wanted, if_release);
    if (stored) co_return stored_wanted{std::move(*wanted), std::move(*stored)};
    bool const moved = stored.error().code == errc::precondition_failed;
    if (!moved || tries_left == 1) co_return stored.error();
  }
}

argument spec_name_argument() {
  return {.name = "NAME",
          .meaning = "the deployment; or a file, as -f names one",
          .required = false,
          .completes = completion::deployments};
}

std::vector<option> spec_options() {
  return {
      {.name = "file",
       .letter = 'f',
       .value = "FILE",
       .meaning = "what the deployment is, whole; or a Compose file (default: krane.json, krane.yaml or "
                  "deployment.json of this folder, if NAME is not given or is the name in it)",
       .completes = completion::files},
      {.name = "image",
       .value = "IMAGE",
       .meaning = "the image, instead of the file's or the stored one; it may have a tag: app:v2"},
      {.name = "tag", .value = "TAG", .meaning = "the image's tag, instead of the file's or the stored one"},
      {.name = "port",
       .value = "HOST:CONTAINER",
       .meaning = "the port of the Docker host and the port in the container, instead of the file's or the stored "
                  "ones; CONTAINER alone publishes none"},
  };
}

}  // namespace krane::cli
