#pragma once
// What a deployment may ask for beside its image and its port: what runs in the container, what it is given, what it
// may use, and how it is seen to be well. Spelled as Compose spells it where Compose has the thing; checked, so one
// that exists is right. Everything has a default, and a default one asks for nothing.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/port.hpp"

namespace krane {

// A text, or the value of a secret.
struct env_value {
  std::string text;  // the secret's key, if it is one
  bool is_secret = false;
  friend bool operator==(env_value const&, env_value const&) = default;
};

// A secret that the container finds as /run/secrets/{file}.
struct secret_file {
  std::string key;
  std::string file;
  friend bool operator==(secret_file const&, secret_file const&) = default;
};

struct mount {
  enum class kind {
    volume,  // kept by the engine, the deployment's own; `source` is its name within the deployment
    bind,    // a folder or file of the server's machine
  };
  kind is = kind::volume;
  std::string source;
  std::string target;  // an absolute path in the container
  bool read_only = false;
  friend bool operator==(mount const&, mount const&) = default;
};

// A further port of the host, published by the engine.
struct port_mapping {
  std::string address{};  // of the host; empty: as the engine does, all of them
  port host = 0;
  port container = 0;
  bool udp = false;
  friend bool operator==(port_mapping const&, port_mapping const&) = default;
};

struct restart_policy {
  enum class kind { unless_stopped, always, on_failure, no };
  kind is = kind::unless_stopped;
  std::uint32_t most = 0;  // restarts on_failure; 0: as many as it takes
  friend bool operator==(restart_policy const&, restart_policy const&) = default;
};

struct resource_limits {
  std::optional<std::int64_t> nano_cpus{};
  std::optional<std::uint64_t> memory_bytes{};
  std::optional<std::int64_t> pids{};
  friend bool operator==(resource_limits const&, resource_limits const&) = default;
};

struct health_check {
  enum class kind {
    none,     // not even the image's own
    http,     // asked by krane, at the container's address
    tcp,      // the same
    command,  // run by the engine in the container
  };
  kind is = kind::none;
  std::string path{};                  // of http
  std::optional<port> at{};            // of http and tcp; none: container_port
  std::vector<std::string> command{};  // the words, of which the first is the program
  bool in_shell = false;               // command: one text, for /bin/sh -c
  std::optional<std::chrono::milliseconds> interval{};
  std::optional<std::chrono::milliseconds> timeout{};
  std::optional<std::chrono::milliseconds> start_period{};
  std::optional<std::int64_t> retries{};
  friend bool operator==(health_check const&, health_check const&) = default;
};

struct log_settings {
  std::string driver{};
  std::map<std::string, std::string> options{};
  friend bool operator==(log_settings const&, log_settings const&) = default;
};

struct tmpfs_mount {
  std::string target;
  std::string options{};  // "size=64M,mode=1777"
  friend bool operator==(tmpfs_mount const&, tmpfs_mount const&) = default;
};

enum class pull_policy {
  always,   // the registry is asked each time, since a tag moves
  missing,  // only if the image is not there
};

// Who the deployment's image is pulled as, in place of what the server has for its registry. Sent to that registry
// only.
struct registry_credentials {
  std::string username;
  std::string password_key;  // of the secret
  friend bool operator==(registry_credentials const&, registry_credentials const&) = default;
};

inline constexpr std::uint32_t most_replicas = 20;

struct service_config {
  std::optional<std::vector<std::string>> entrypoint{};  // none: the image's
  std::optional<std::vector<std::string>> command{};     // the same
  std::string user{};
  std::string working_dir{};
  std::map<std::string, env_value> environment{};
  std::vector<secret_file> secrets{};
  std::map<std::string, std::string> labels{};
  std::vector<port_mapping> ports{};
  std::vector<mount> volumes{};
  std::vector<tmpfs_mount> tmpfs{};
  std::vector<std::string> volatile_places{};  // of the image's volumes, those that go with the container
  std::vector<std::string> extra_hosts{};      // "name:address"
  std::optional<health_check> healthcheck{};
  resource_limits resources{};
  std::optional<restart_policy> restart{};
  std::string stop_signal{};
  std::optional<std::chrono::milliseconds> stop_grace{};
  std::optional<bool> init{};
  bool read_only = false;
  std::vector<std::string> cap_drop{};
  std::optional<log_settings> logging{};
  std::optional<pull_policy> pull{};
  std::optional<registry_credentials> registry_auth{};
  std::uint32_t replicas = 1;                            // containers at once, at most most_replicas
  std::optional<std::chrono::milliseconds> keep_warm{};  // how long the release before it can be gone back to at once
  std::optional<std::chrono::milliseconds> settle{};     // how long it is watched after it has taken over
  // Only where the server's settings allow it.
  bool privileged = false;
  std::vector<std::string> cap_add{};
  std::vector<std::string> devices{};  // "/dev/x[:/dev/y[:rwm]]"
  bool host_network = false;
  bool host_pid = false;

  friend bool operator==(service_config const&, service_config const&) = default;
};

}  // namespace krane
