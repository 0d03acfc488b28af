#pragma once
// What a person can set: by flag, by environment variable, or in a TOML file, in that order of strength.
//
// Failure: errc::invalid with every fault at once, each naming the setting and where its value came from.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/open_streams.hpp"
#include "base/result.hpp"
#include "front/haproxy_front.hpp"
#include "model/spec.hpp"
#include "runs/service_policy.hpp"

namespace krane {

struct settings {
  std::string listen = "127.0.0.1";
  std::uint16_t rest_port = 8080;  // 0: any free one
  std::string path;                // the state folder
  std::string log_level = "info";
  std::string authorized_keys;
  std::vector<std::string> names;  // further names that it is reached by
  open_streams streams = open_streams::loopback;
  std::vector<std::string> allowed_origins;         // "https://example.org"
  std::size_t login_limit = 60;                     // logins a minute and address; 0: no limit
  publish_by publish = publish_by::front;           // of deployments that do not say
  std::chrono::milliseconds keep_warm{0};           // the same
  std::optional<std::chrono::milliseconds> settle;  // the same; none: as they can be asked
  std::string publish_address = "0.0.0.0";
  front_start front = front_start::own;
  std::uint64_t disk_reserve_bytes = std::uint64_t{1024} * 1024 * 1024;  // of the engine's disk, that pulls leave free
  std::size_t keep_releases = 5;                                         // of a deployment, whose images stay
  service_policy policy{};                                               // what deployments may ask of the machine
  std::string secrets_key;  // file of the master key; empty: secrets.key in the state folder
  std::string docker_host = "unix:///var/run/docker.sock";
  friend bool operator==(settings const&, settings const&) = default;
};

// One setting as people see it; the table is what --help, the file and the documents are made from.
struct setting_row {
  char const* flag;      // "rest-port": also the key in the file
  char const* variable;  // "KRANE_REST_PORT"
  char const* fallback;  // as shown
  char const* help;
  std::function<std::optional<std::string>(settings&, std::string const&)> set;  // or what is wrong with the value
  void (*change)(settings&, settings const& read_again) = nullptr;  // at SIGHUP; null: only a restart changes it
};
std::vector<setting_row> const& setting_rows();

using environment = std::function<std::optional<std::string>(std::string const&)>;
std::optional<std::string> process_environment(std::string const& name);

// What the command line asked for.
struct command_line {
  enum class what { serve, show_help, show_version } wants = what::serve;
  std::string text;  // of the help
  settings values;
};

// `arguments` without the program's name.
result<command_line> read_settings(std::vector<std::string> arguments, environment const& env);

}  // namespace krane
