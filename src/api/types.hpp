#pragma once
// What goes over the wire, field by field as documented; the members' names are the keys. Nothing here is used
// elsewhere: mapping.hpp leads to the model and back.
#include <boost/describe/class.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/json.hpp"
#include "model/deployment.hpp"
#include "model/release.hpp"
#include "model/run.hpp"

namespace krane::wire {

// A port as text, as documented; a number is taken too.
struct port_text {
  std::string text;
};
result<port_text> json_decode(std::type_identity<port_text>, boost::json::value const& from);
boost::json::value json_schema(std::type_identity<port_text>);

struct config_request_fields {
  std::optional<std::string> registry;
  std::optional<std::string> image;
  std::optional<std::string> tag;
  std::optional<port_text> container_port;
  std::optional<port_text> host_port;
  std::optional<std::string> publish;
  std::optional<std::string> rollout;
  std::optional<std::string> hold;
};
BOOST_DESCRIBE_STRUCT(config_request_fields, (),
                      (registry, image, tag, container_port, host_port, publish, rollout, hold))

// Those of model/service_fields.hpp are read apart.
struct config_request : config_request_fields {};
BOOST_DESCRIBE_STRUCT(config_request, (config_request_fields), ())
boost::json::value json_schema(std::type_identity<config_request>);

struct deployment_request {
  std::optional<std::string> name;
  std::optional<config_request> config;
};
BOOST_DESCRIBE_STRUCT(deployment_request, (), (name, config))

struct login_request {
  std::string request_id;
  std::string token;
};
BOOST_DESCRIBE_STRUCT(login_request, (), (request_id, token))

struct session_request {
  std::string name;
  std::optional<std::int64_t> ttl_seconds;
};
BOOST_DESCRIBE_STRUCT(session_request, (), (name, ttl_seconds))

struct nothing {};
BOOST_DESCRIBE_STRUCT(nothing, (), ())

struct login_answer {
  std::string request_id;
  std::string phrase;
};
BOOST_DESCRIBE_STRUCT(login_answer, (), (request_id, phrase))

struct session_answer {
  std::string id;
  std::string token;
  std::string expires_at;
  std::string user;
  std::string key_fingerprint;
  std::string created_at;
  std::string expires_at_utc;
  std::optional<std::string> name;  // of one that was made for a program
};
BOOST_DESCRIBE_STRUCT(session_answer, (),
                      (id, token, expires_at, user, key_fingerprint, created_at, expires_at_utc, name))

struct auth_answer {
  session_answer session;
};
BOOST_DESCRIBE_STRUCT(auth_answer, (), (session))

struct revoked_session {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(revoked_session, (), (id))

// A field that is not set is "", as documented; of those that the source does not know it is left out.
struct config_answer_fields {
  std::string registry;
  std::string image;
  std::string tag;
  std::string container_port;
  std::string host_port;
  std::optional<publish_by> publish;
  std::optional<krane::rollout> rollout;
  std::optional<std::string> hold;
};
BOOST_DESCRIBE_STRUCT(config_answer_fields, (),
                      (registry, image, tag, container_port, host_port, publish, rollout, hold))

struct config_answer : config_answer_fields {
  boost::json::value service;  // members of the same object, those of model/service_fields.hpp that are set
};
boost::json::value json_encode(config_answer const& from);
boost::json::value json_schema(std::type_identity<config_answer>);

struct template_answer {
  std::string name;
  config_answer config;
};
BOOST_DESCRIBE_STRUCT(template_answer, (), (name, config))

struct release_note {
  std::uint64_t number = 0;
  std::string image;  // the reference that was pulled
};
BOOST_DESCRIBE_STRUCT(release_note, (), (number, image))

struct run_note {
  std::uint64_t number = 0;
  run_kind kind = run_kind::deploy;
  run_step state = run_step::accepted;
  std::optional<std::string> reason;
  std::optional<std::string> message;
  std::optional<std::string> finished_at;
};
BOOST_DESCRIBE_STRUCT(run_note, (), (number, kind, state, reason, message, finished_at))

struct deployment_item {
  std::string name;
  config_answer config;
  deployment_status status = deployment_status::idle;
  std::optional<std::string> error;    // why it is unreadable, and what to do
  std::uint64_t restarts = 0;          // by the engine, of the containers of the active release
  std::optional<release_note> active;  // the release that serves, or should
  std::optional<run_note> last_run;
};
BOOST_DESCRIBE_STRUCT(deployment_item, (), (name, config, status, error, restarts, active, last_run))

struct failure_answer {
  std::string reason;
  std::string message;
  std::optional<int> exit_code;
  bool oom_killed = false;
  std::vector<std::string> output;
};
BOOST_DESCRIBE_STRUCT(failure_answer, (), (reason, message, exit_code, oom_killed, output))

// Connections to a host port that the front holds.
struct traffic_answer {
  std::uint64_t switched = 0;
  std::uint64_t held = 0;
  std::uint64_t longest_wait_ms = 0;
  std::uint64_t drained = 0;
  std::uint64_t cut = 0;
  std::uint64_t refused = 0;
};
BOOST_DESCRIBE_STRUCT(traffic_answer, (), (switched, held, longest_wait_ms, drained, cut, refused))

struct volume_answer {
  std::string name;    // the engine's
  std::string target;  // the place in the container
  std::uint32_t replica = 0;
  bool of_image = false;  // its image declares it, and not the config
};
BOOST_DESCRIBE_STRUCT(volume_answer, (), (name, target, replica, of_image))

struct run_answer {
  std::string id;
  std::uint64_t number = 0;
  std::string deployment;
  run_kind kind = run_kind::deploy;
  std::string tag;
  run_step state = run_step::accepted;
  bool finished = false;
  std::optional<std::string> waits_for{};  // "run 3", "a free slot", "the engine"…: what keeps it from going on now
  std::string image;                       // the reference that is pulled
  std::optional<std::string> image_id;     // the image's own id on the engine, once it is pulled
  std::optional<std::string> digest;       // that of the manifest, by which its registry gives the same again
  std::optional<std::string> container;
  std::optional<std::uint64_t> restores;  // the release that it goes back to
  bool cancel_requested = false;
  std::string accepted_at;
  std::string updated_at;
  std::optional<std::string> finished_at;
  std::optional<traffic_answer> traffic;
  std::optional<std::vector<volume_answer>> volumes;  // that its containers mount; none: not known
  std::optional<failure_answer> failure;
};
BOOST_DESCRIBE_STRUCT(run_answer, (),
                      (id, number, deployment, kind, tag, state, finished, waits_for, image, image_id, digest,
                       container, restores, cancel_requested, accepted_at, updated_at, finished_at, traffic, volumes,
                       failure))

struct accepted_run {
  run_answer run;
};
BOOST_DESCRIBE_STRUCT(accepted_run, (), (run))

struct cancelled_runs {
  std::vector<run_answer> runs;  // newest first
};
BOOST_DESCRIBE_STRUCT(cancelled_runs, (), (runs))

struct release_answer {
  std::uint64_t number = 0;  // its run's
  release_state state = release_state::pending;
  std::string image;                    // the reference that was pulled
  std::optional<std::string> image_id;  // what it was then, on the engine
  std::optional<std::string> digest;    // by which its registry gives the same again
  config_answer config;
  std::optional<std::uint64_t> restores;
  std::map<std::string, std::uint64_t> secrets;  // the version of each that it was given
  std::string created_at;
  run_answer run;
};
BOOST_DESCRIBE_STRUCT(release_answer, (),
                      (number, state, image, image_id, digest, config, restores, secrets, created_at, run))

struct rollback_request {
  std::optional<std::uint64_t> release;
};
BOOST_DESCRIBE_STRUCT(rollback_request, (), (release))

struct scale_request {
  std::uint32_t replicas = 0;
};
BOOST_DESCRIBE_STRUCT(scale_request, (), (replicas))

struct removal_answer {
  std::string name;
  bool removed = false;
  run_answer run;
};
BOOST_DESCRIBE_STRUCT(removal_answer, (), (name, removed, run))

// Its first key is "template", which C++ keeps for itself.
struct deployment_detail {
  template_answer template_;
  std::vector<boost::json::value> containers;  // the engine's own objects
  deployment_status status = deployment_status::idle;
  std::optional<std::string> error;  // why it is unreadable, and what to do
  std::string created_at;
  std::string updated_at;
  std::uint64_t restarts = 0;
  std::optional<run_note> last_run;
  std::optional<run_answer> run;      // the newest
  std::optional<run_answer> serving;  // whose release serves, or should
};
boost::json::value json_encode(deployment_detail const& from);
boost::json::value json_schema(std::type_identity<deployment_detail>);

struct alive_answer {
  std::string status;
};
BOOST_DESCRIBE_STRUCT(alive_answer, (), (status))

// Each part is "ok" or says what it is not.
struct ready_answer {
  std::string status;
  std::string store;
  std::string engine;
  std::string recovery;
  std::string front;  // where HAProxy is not installed the engine publishes host ports, and the server is ready too
  std::uint64_t login_keys = 0;
};
BOOST_DESCRIBE_STRUCT(ready_answer, (), (status, store, engine, recovery, front, login_keys))

struct version_answer {
  std::string name;
  std::string version;
};
BOOST_DESCRIBE_STRUCT(version_answer, (), (name, version))

struct disk_answer {
  std::string folder;
  std::uint64_t free_bytes = 0;  // for this user
  std::uint64_t total_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(disk_answer, (), (folder, free_bytes, total_bytes))

struct engine_answer {
  std::string version;
  std::string api_version;
  std::string os;
  std::string architecture;
};
BOOST_DESCRIBE_STRUCT(engine_answer, (), (version, api_version, os, architecture))

struct holdings_answer {
  std::uint64_t containers = 0;
  std::uint64_t images = 0;  // that krane pulled
  std::uint64_t image_bytes = 0;
  std::uint64_t volumes = 0;
};
BOOST_DESCRIBE_STRUCT(holdings_answer, (), (containers, images, image_bytes, volumes))

struct system_answer {
  std::string version;
  std::string time;
  std::string store;     // as ready_answer's
  std::string recovery;  // the same
  std::string front;     // the same
  std::uint64_t login_keys = 0;
  std::optional<engine_answer> engine;    // none: it does not answer
  std::optional<disk_answer> state_disk;  // where the state folder is
  std::optional<disk_answer> image_disk;  // where the engine keeps images, if that is on the server's machine
  std::uint64_t disk_reserve_bytes = 0;   // of it, that pulls leave free
  std::uint64_t database_bytes = 0;
  std::optional<holdings_answer> holds;  // what krane has on the engine
};
BOOST_DESCRIBE_STRUCT(system_answer, (),
                      (version, time, store, recovery, front, login_keys, engine, state_disk, image_disk,
                       disk_reserve_bytes, database_bytes, holds))

struct registry_request {
  std::string username;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(registry_request, (), (username, password))

struct stored_registry {
  std::string registry;
  std::string username;
};
BOOST_DESCRIBE_STRUCT(stored_registry, (), (registry, username))

struct registry_answer {
  std::string registry;
  std::string username;
  std::string updated_at;
};
BOOST_DESCRIBE_STRUCT(registry_answer, (), (registry, username, updated_at))

struct removed_registry {
  std::string registry;
};
BOOST_DESCRIBE_STRUCT(removed_registry, (), (registry))

struct secret_request {
  std::string value;
};
BOOST_DESCRIBE_STRUCT(secret_request, (), (value))

struct stored_secret {
  std::string key;
  std::uint64_t version = 0;
  std::string updated_at;
};
BOOST_DESCRIBE_STRUCT(stored_secret, (), (key, version, updated_at))

struct secret_answer {
  std::string key;
  std::uint64_t version = 0;
  std::string created_at;
  std::string updated_at;
  bool used_by_serving = false;  // the release that serves was given it, in this version or an older one
};
BOOST_DESCRIBE_STRUCT(secret_answer, (), (key, version, created_at, updated_at, used_by_serving))

struct removed_secret {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(removed_secret, (), (key))

struct fault_answer {
  std::string path;
  std::string error;
};
BOOST_DESCRIBE_STRUCT(fault_answer, (), (path, error))

struct error_answer {
  std::string error;
  std::string reason;
  std::optional<std::vector<fault_answer>> details;
};
BOOST_DESCRIBE_STRUCT(error_answer, (), (error, reason, details))

}  // namespace krane::wire
