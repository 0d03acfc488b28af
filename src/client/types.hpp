#pragma once
// What the server answers, and what it is asked, field by field; the members' names are the keys. They are read
// leniently, so that a server that is a little older or newer can be talked to: what is not there is empty, what is not
// known is dropped.
//
// Times are RFC 3339 in UTC with microseconds (base/clock.hpp), ports are texts as the API has them, and states are the
// names of model/deployment.hpp and model/run.hpp, or one that only a newer server knows.
#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/json.hpp"
#include "model/run.hpp"

namespace krane::client {

struct login_challenge {
  std::string request_id;
  std::string phrase;
};
BOOST_DESCRIBE_STRUCT(login_challenge, (), (request_id, phrase))

struct session_info {
  static constexpr bool json_defaults = true;
  std::string id;
  std::string name;   // of one that was made for a program; else empty
  std::string token;  // in full only where it is one's own, or just made
  std::string user;
  std::string key_fingerprint;
  std::string created_at;
  std::string expires_at_utc;
  bool current = false;  // the one that asks
};
BOOST_DESCRIBE_STRUCT(session_info, (), (id, name, token, user, key_fingerprint, created_at, expires_at_utc, current))

// A field that is not set is "".
struct config_info {
  static constexpr bool json_defaults = true;
  std::string registry;
  std::string image;
  std::string tag;
  std::string container_port;
  std::string host_port;
  std::optional<std::string> publish{};
  std::optional<std::string> rollout{};
  std::optional<std::string> hold{};
};
BOOST_DESCRIBE_STRUCT(config_info, (), (registry, image, tag, container_port, host_port, publish, rollout, hold))

struct secret_version {
  static constexpr bool json_defaults = true;
  std::string key;
  std::uint64_t version = 0;
  std::string updated_at;
};
BOOST_DESCRIBE_STRUCT(secret_version, (), (key, version, updated_at))

struct stored_registry {
  static constexpr bool json_defaults = true;
  std::string registry;
  std::string username;
};
BOOST_DESCRIBE_STRUCT(stored_registry, (), (registry, username))

// A registry that the server has credentials for.
struct registry_info {
  static constexpr bool json_defaults = true;
  std::string registry;
  std::string username;
  std::string updated_at;
};
BOOST_DESCRIBE_STRUCT(registry_info, (), (registry, username, updated_at))

struct secret_info {
  static constexpr bool json_defaults = true;
  std::string key;
  std::uint64_t version = 0;
  std::string created_at;
  std::string updated_at;
  bool used_by_serving = false;
};
BOOST_DESCRIBE_STRUCT(secret_info, (), (key, version, created_at, updated_at, used_by_serving))

struct release_note {
  static constexpr bool json_defaults = true;
  std::uint64_t number = 0;
  std::string image;
};
BOOST_DESCRIBE_STRUCT(release_note, (), (number, image))

// A run in short.
struct run_note {
  static constexpr bool json_defaults = true;
  std::uint64_t number = 0;
  std::string kind;
  std::string state;
  std::optional<std::string> reason{};
  std::optional<std::string> message{};
  std::optional<std::string> finished_at{};
};
BOOST_DESCRIBE_STRUCT(run_note, (), (number, kind, state, reason, message, finished_at))

struct deployment_item {
  static constexpr bool json_defaults = true;
  std::string name;
  config_info config;
  std::string status;
  std::optional<std::string> error;  // why it is unreadable
  std::uint64_t restarts = 0;
  std::optional<release_note> active{};  // the release that serves, or should
  std::optional<run_note> last_run{};
};
BOOST_DESCRIBE_STRUCT(deployment_item, (), (name, config, status, error, restarts, active, last_run))

struct template_info {
  static constexpr bool json_defaults = true;
  std::string name;
  config_info config;
};
BOOST_DESCRIBE_STRUCT(template_info, (), (name, config))

// What a deployment is to become.
struct deployment_wanted {
  std::string name;
  boost::json::value config;  // as model/spec_json.hpp writes it
};
BOOST_DESCRIBE_STRUCT(deployment_wanted, (), (name, config))

struct failure_info {
  static constexpr bool json_defaults = true;
  std::string reason;
  std::string message;
  std::optional<int> exit_code;
  bool oom_killed = false;
  std::vector<std::string> output;
};
BOOST_DESCRIBE_STRUCT(failure_info, (), (reason, message, exit_code, oom_killed, output))

struct volume_info {
  static constexpr bool json_defaults = true;
  std::string name;
  std::string target;
  std::uint32_t replica = 0;
  bool of_image = false;
};
BOOST_DESCRIBE_STRUCT(volume_info, (), (name, target, replica, of_image))

struct run_info {
  static constexpr bool json_defaults = true;
  std::string id;
  std::uint64_t number = 0;
  std::string deployment;
  std::string kind;
  std::string tag;
  std::string state;
  bool finished = false;
  std::string image;
  std::optional<std::string> image_id;
  std::optional<std::string> digest;
  std::optional<std::string> container;
  std::optional<std::uint64_t> restores{};  // the release that it goes back to
  bool cancel_requested = false;
  std::string accepted_at;
  std::string updated_at;
  std::optional<std::string> finished_at;
  std::optional<std::vector<volume_info>> volumes{};  // that its containers mount; none: not known
  std::optional<failure_info> failure;

  bool is_in(run_step step) const;
};
BOOST_DESCRIBE_STRUCT(run_info, (),
                      (id, number, deployment, kind, tag, state, finished, image, image_id, digest, container, restores,
                       cancel_requested, accepted_at, updated_at, finished_at, volumes, failure))

struct release_info {
  static constexpr bool json_defaults = true;
  std::uint64_t number = 0;
  std::string state;  // of model/release.hpp
  std::string image;  // the reference that was pulled
  std::optional<std::string> image_id;
  std::optional<std::string> digest;
  boost::json::value config;
  std::optional<std::uint64_t> restores;
  std::map<std::string, std::uint64_t> secrets;  // versions
  std::string created_at;
  run_info run;
};
BOOST_DESCRIBE_STRUCT(release_info, (),
                      (number, state, image, image_id, digest, config, restores, secrets, created_at, run))

struct removal_info {
  static constexpr bool json_defaults = true;
  std::string name;
  bool removed = false;  // else it goes on by itself
  run_info run;
};
BOOST_DESCRIBE_STRUCT(removal_info, (), (name, removed, run))

struct port_info {
  static constexpr bool json_defaults = true;
  std::string IP;
  int PrivatePort = 0;
  int PublicPort = 0;  // 0: not published
  std::string Type;
};
BOOST_DESCRIBE_STRUCT(port_info, (), (IP, PrivatePort, PublicPort, Type))

// The part of the engine's own container object that people look at.
struct container_info {
  static constexpr bool json_defaults = true;
  std::string Id;
  std::vector<std::string> Names;  // each begins with a slash
  std::string Image;
  std::int64_t Created = 0;  // seconds since 1970
  std::vector<port_info> Ports;
  std::string State;   // "running", "exited"…
  std::string Status;  // "Up 39 minutes"

  std::string name() const;  // without the slash
};
BOOST_DESCRIBE_STRUCT(container_info, (), (Id, Names, Image, Created, Ports, State, Status))

struct deployment_info {
  template_info template_;  // its key is "template"
  std::vector<container_info> containers;
  std::string status;
  std::optional<std::string> error;  // why it is unreadable
  std::string created_at;
  std::string updated_at;
  std::uint64_t restarts = 0;
  std::optional<run_info> run;      // the newest
  std::optional<run_info> serving;  // whose release serves, or should
  boost::json::value whole;         // the same as it came, with all that the engine says
};
result<deployment_info> json_decode(std::type_identity<deployment_info>, boost::json::value const& from);

struct event_config {
  static constexpr bool json_defaults = true;
  std::string Registry;
  std::string Image;
  std::string ContainerPort;
  std::string HostPort;
};
BOOST_DESCRIBE_STRUCT(event_config, (), (Registry, Image, ContainerPort, HostPort))

struct event_deployment {
  static constexpr bool json_defaults = true;
  std::string Name;
  event_config Config;
};
BOOST_DESCRIBE_STRUCT(event_deployment, (), (Name, Config))

struct event_progress {
  static constexpr bool json_defaults = true;
  std::uint64_t Done = 0;
  std::uint64_t Total = 0;
};
BOOST_DESCRIBE_STRUCT(event_progress, (), (Done, Total))

struct event_info {
  static constexpr bool json_defaults = true;
  std::string Timestamp;
  std::string Message;
  event_deployment Deployment;
  std::uint64_t Id = 0;
  std::optional<std::string> Run;
  std::string Phase;
  std::string Level;
  std::optional<event_progress> Progress;  // bytes of a pull
};
BOOST_DESCRIBE_STRUCT(event_info, (), (Timestamp, Message, Deployment, Id, Run, Phase, Level, Progress))

// Each part is "ok" or says what it is not.
struct readiness {
  static constexpr bool json_defaults = true;
  std::string status;
  std::string store;
  std::string engine;
  std::string recovery;
  std::uint64_t login_keys = 0;
};
BOOST_DESCRIBE_STRUCT(readiness, (), (status, store, engine, recovery, login_keys))

struct disk_info {
  static constexpr bool json_defaults = true;
  std::string folder;
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(disk_info, (), (folder, free_bytes, total_bytes))

struct engine_info {
  static constexpr bool json_defaults = true;
  std::string version;
  std::string api_version;
};
BOOST_DESCRIBE_STRUCT(engine_info, (), (version, api_version))

struct holdings_info {
  static constexpr bool json_defaults = true;
  std::uint64_t containers = 0;
  std::uint64_t images = 0;
  std::uint64_t image_bytes = 0;
  std::uint64_t volumes = 0;
};
BOOST_DESCRIBE_STRUCT(holdings_info, (), (containers, images, image_bytes, volumes))

// `store` and `recovery` are "ok" or say what they are not.
struct system_info {
  static constexpr bool json_defaults = true;
  std::string version;
  std::string time;
  std::string store;
  std::string recovery;
  std::string front;  // empty: the server is too old to say it
  std::uint64_t login_keys = 0;
  std::optional<engine_info> engine;  // none: it does not answer
  std::optional<disk_info> state_disk;
  std::optional<disk_info> image_disk;
  std::uint64_t disk_reserve_bytes = 0;
  std::uint64_t database_bytes = 0;
  std::optional<holdings_info> holds;
};
BOOST_DESCRIBE_STRUCT(system_info, (),
                      (version, time, store, recovery, front, login_keys, engine, state_disk, image_disk,
                       disk_reserve_bytes, database_bytes, holds))

struct version_info {
  static constexpr bool json_defaults = true;
  std::string name;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(version_info, (), (name, version))

}  // namespace krane::client
