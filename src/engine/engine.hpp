#pragma once
// A container engine as krane needs it: a dozen verbs on our own types. What is sent is built from our fields alone.
//
// Threads: the network thread.
// Failure: errc::unavailable, engine_unavailable: it does not answer (down, refused, connection lost before the
//          answer); whether the call was carried out is then unknown, so look. errc::timed_out, deadline: it answers
//          others but not this in time. Else a reason of model/reason.hpp; unknown answers are errc::internal,
//          engine_error with the engine's words.
// Cancel:  closes the connection; the engine may carry the call out all the same.
// Source: Docker Engine API, version negotiated, at least 1.40.
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "model/ids.hpp"
#include "model/image_ref.hpp"
#include "model/pull_habits.hpp"
#include "model/registry_login.hpp"
#include "model/service_config.hpp"
#include "model/spec.hpp"

namespace krane {

using labels = std::map<std::string, std::string>;

struct published_port {
  port host = 0;
  port container = 0;
};

// A volume that is there already, for a place in the container.
struct volume_mount {
  std::string name;
  std::string target;
  friend bool operator==(volume_mount const&, volume_mount const&) = default;
};

struct container_spec {
  std::string name;
  std::string image;  // an id or a reference
  labels marks;
  std::string network;                    // attached at create
  std::optional<port> exposed;            // the container's own port
  std::optional<published_port> publish;  // by the engine, on all addresses
  // What the deployment asks for beside that; `environment` has its values, those of secrets too.
  service_config service{};
  std::map<std::string, std::string> environment{};
  std::vector<std::string> own_volumes{};  // places in the container; each a volume that goes when the container goes
  std::vector<std::string> aliases{};      // names that others in the network reach it by
  std::string volume_prefix{};  // before the names of its volumes, which are shared by all containers of the engine
  labels marks_of_volumes{};    // that are made with it
  std::vector<volume_mount> further_volumes{};  // beside those of `service`, by their full names
};

// A file for a container: owned by root, readable by all in there, and by nobody else.
struct container_file {
  std::string name;  // without a folder
  std::string bytes;
};

// What the engine's check of a container, its image's or one that we gave it, has come to.
struct health {
  std::string status;                           // starting, healthy, unhealthy
  std::string output;                           // of the last check, as far as it is known
  std::optional<int> exit_code;                 // of the last check
  std::chrono::milliseconds longest_judgement;  // after which the engine must have judged
};

// The engine's words for a container, as far as decisions need them.
struct container_details {
  container_id id;
  std::string name;  // without the leading slash
  std::string image;
  image_id image_hash;
  labels marks;
  std::string status;  // created, running, paused, restarting, removing, exited, dead
  bool running = false;
  bool oom_killed = false;
  int exit_code = 0;
  std::string start_error;  // what the engine said when the last start failed
  std::uint32_t restart_count = 0;
  std::string started_at;                         // the engine's RFC 3339
  std::string finished_at;                        // the same; when it last ended
  std::map<std::string, std::string> addresses;   // network name → IPv4 address, "" while it has none
  std::map<std::string, std::string> networks{};  // network name → its id, "" until it was first started
  bool tty = false;
  int pid = 0;                                         // on the engine's machine; 0: it does not run
  std::optional<health> health{};                      // as its own check sees it; none: it has none
  std::optional<std::chrono::seconds> stop_timeout{};  // how long it may take to stop, if it was created with that
  std::vector<volume_mount> volumes{};                 // that it has, those without a name of a person's too
};

struct container_summary {
  container_id id;
  std::string name;
  image_id image_hash;
  labels marks;
  std::string status;                              // as above ("State" in the engine's list)
  std::map<std::string, std::string> addresses{};  // as above
  std::map<std::string, std::string> networks{};   // as above
  std::string health{};                            // of its own check: starting, healthy, unhealthy; "": it has none
  boost::json::value json;                         // the engine's own object, untouched
};

struct image_details {
  image_id id;
  std::string architecture;
  std::vector<std::string> repo_digests{};  // "repository@sha256:…", by which registries give it; docker.io left out
  std::vector<std::string> layers{};        // unpacked, by their digests, the lowest first
  std::vector<std::string> volumes{};       // places that it declares to be volumes
};

struct volume_details {
  std::string name;
  labels marks;
};

struct image_summary {
  image_id id;
  std::vector<std::string> tags{};          // "repository:tag"; docker.io left out
  std::vector<std::string> repo_digests{};  // as above
  std::uint64_t size_bytes = 0;             // unpacked, with layers that others share
};

struct network_details {
  std::string id;
  std::string name;
  std::string driver;
  labels marks;
};

struct pull_progress {
  std::string text;               // the engine's status line: "Downloading", "Pull complete", …
  std::string layer;              // its id, or empty
  std::uint64_t done_bytes = 0;   // over all layers so far
  std::uint64_t total_bytes = 0;  // of the layers whose size is known
};

enum class log_source { out, err };

struct log_chunk {
  log_source source = log_source::out;
  std::string bytes;
  // A record of the engine begins with the first byte, although what came before from this source may not have ended in
  // a line end. False where that is not known.
  bool begins_record = false;
};

// What a container writes, without the engine's framing.
// Cancel: what came meanwhile may be lost; read no further after a next() that was cancelled.
class log_stream {
public:
  virtual ~log_stream() = default;
  // No value: the stream has ended (the container stopped, and all was read).
  virtual task<std::optional<log_chunk>> next() = 0;
};

struct log_options {
  bool follow = true;
  std::optional<std::size_t> tail;  // lines; none: all
  std::string since;                // RFC 3339 with nanoseconds, or empty; the engine's are > since
  bool timestamps = true;           // each line begins with the engine's RFC 3339 time and a space
};

// Something that the engine says of a container.
struct engine_event {
  std::string action;  // start, die, oom, destroy, "health_status: healthy", …
  container_id container;
  labels attributes;  // the container's labels, and "name", "image", "exitCode"…
  std::int64_t time_ns = 0;
};

class engine_event_stream {
public:
  virtual ~engine_event_stream() = default;
  // Waits; fails when the connection is lost. Cancel: as log_stream.
  virtual task<engine_event> next() = 0;
};

struct engine_version {
  std::string version;
  std::string api_version;  // the one in use
  std::string os;
  std::string architecture;
};

// What becomes, with a container, of the volumes that the engine made for it alone.
enum class anonymous_volumes { go, stay };

class engine {
public:
  virtual ~engine() = default;

  virtual task<void> ping() = 0;
  virtual task<engine_version> version() = 0;
  // Where it keeps images and containers, on its own machine.
  virtual task<std::string> storage_folder() = 0;
  virtual task<pull_habits> habits() = 0;

  // Pulls, telling `on_progress` as it comes. Present already: the registry is still asked, since a tag moves.
  // `login` is for the registry in the name, and sent to no other.
  virtual task<image_details> pull(image_ref what, std::function<void(pull_progress const&)> on_progress,
                                   std::optional<registry_login> login = {}) = 0;
  virtual task<std::optional<image_details>> find_image(std::string id_or_reference) = 0;
  // The digest, "sha256:…", that the name stands for in its registry now; nothing is pulled. Fails as pull.
  virtual task<std::string> ask_registry(image_ref what, std::optional<registry_login> login = {}) = 0;
  // All, those that others are built on too.
  virtual task<std::vector<image_summary>> list_images() = 0;
  // False: a container uses it, or it has further names, and it is left. Gone already: success.
  virtual task<bool> remove_image(std::string id_or_reference) = 0;

  // Names of those that have all of these labels.
  virtual task<std::vector<std::string>> list_volumes(labels having) = 0;
  virtual task<std::optional<volume_details>> find_volume(std::string name) = 0;
  // There after it. One that is there already is left as it is, whoever made it: look at the labels that are answered.
  virtual task<volume_details> create_volume(std::string name, labels marks) = 0;
  // With all that is in it. False: a container has it, and it is left. Gone already: success.
  virtual task<bool> remove_volume(std::string name) = 0;

  // All of exactly that name: the engine may have several, which it then tells apart by their ids alone.
  virtual task<std::vector<network_details>> find_networks(std::string name) = 0;
  // There after it, however often it is asked for; a bridge network. Made with these labels if there is none of that
  // name; of several, the one that has them. errc::conflict: there is one of another kind.
  virtual task<network_details> ensure_network(std::string name, labels marks = {}) = 0;
  // Gone: success. errc::conflict: containers are connected to it.
  virtual task<void> remove_network(std::string id) = 0;
  // `network`: name or id. Others in it reach the container by these names too. Connected already: success.
  // errc::not_found: no such container; engine_error: no such network.
  virtual task<void> connect_network(std::string network, container_id id, std::vector<std::string> aliases) = 0;
  // By name, also from one that is there no more. Not connected, or gone: success.
  virtual task<void> disconnect_network(std::string network, container_id id) = 0;

  // errc::conflict, name_conflict: a container of that name exists (look whose it is).
  virtual task<container_id> create_container(container_spec what) = 0;
  // Puts files into a folder that is in the container already, over what has their names. errc::not_found: no such
  // container or folder.
  virtual task<void> put_files(container_id id, std::string folder, std::vector<container_file> files) = 0;
  // Running already: success. port_in_use, command_not_found leave it created.
  virtual task<void> start_container(container_id id) = 0;
  // Its stop signal, and after `grace` SIGKILL; one that is paused is unpaused first. Stopped or gone: success.
  virtual task<void> stop_container(container_id id, std::chrono::seconds grace) = 0;
  // When the engine itself starts it again; none: as containers are made. errc::not_found.
  virtual task<void> set_restart_policy(container_id id, std::optional<restart_policy> policy) = 0;
  // Its processes stand still and keep what they have; it can be stopped and removed as one that runs. Paused already:
  // success. errc::not_found; errc::conflict, container_exited: it does not run.
  virtual task<void> pause_container(container_id id) = 0;
  // Not paused: success, whether it runs or not. errc::not_found.
  virtual task<void> unpause_container(container_id id) = 0;
  // With SIGKILL if it runs; with its anonymous volumes, or without. Gone: success.
  virtual task<void> remove_container(container_id id, anonymous_volumes its = anonymous_volumes::go) = 0;
  virtual task<std::optional<container_details>> find_container(std::string id_or_name) = 0;
  // In any state, having all of these labels (value empty: having the label at all).
  virtual task<std::vector<container_summary>> list_containers(labels having) = 0;

  virtual task<std::unique_ptr<log_stream>> logs(container_id id, log_options options) = 0;
  // Of containers with these labels, from now on: once this has returned, nothing that follows is missed.
  virtual task<std::unique_ptr<engine_event_stream>> container_events(labels having) = 0;
};

}  // namespace krane
