#pragma once
// A container engine for tests: speaks the Engine API on a unix socket, from a thread of its own, and has a small world
// of images, containers, ports, networks, output and events. What can go wrong with a real one is part of its
// interface. Containers whose image listens really do, each on a loopback address of its own, so that probes are real.
//
//   scripted_engine world;
//   world.registry_has("docker.io/davidcasta/docker-to-node:latest", {.listens = {8080}});
//   auto docker = make_docker_engine(loop.get_executor(), world.address());
//   world.lose_answer(route::create);          // created, and the connection closed before the answer
//   …
//   EXPECT_EQ(world.count(route::create), 1);
//
// Threads: every member, from any thread but its own; each is done when it returns.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/engine.hpp"

namespace krane::test {

enum class route {
  ping,
  version,
  info,
  pull,
  image,  // inspect it
  list_images,
  list_volumes,
  volume,  // inspect it
  create_volume,
  remove_volume,
  remove_image,
  distribution,  // what the registry has; `fail_next` and registry() count for it too
  network,       // list those of a name
  create_network,
  remove_network,
  connect,
  disconnect,
  update,
  create,
  put_files,
  start,
  stop,
  pause,
  unpause,
  remove,
  inspect,
  list,
  logs,
  events,
  other,
};

struct scripted_image {
  std::string id{};  // "sha256:…"; empty: made from the name under which it is put somewhere
  std::string architecture = "amd64";
  std::vector<port> listens{};         // as long as it runs
  std::optional<int> exits{};          // ends with this code as soon as it is started
  bool runs_out_of_memory = false;     // ends so as soon as it is started (exit code 137)
  bool command_missing = false;        // with Init: started, and ends with 127; without: its start answers 400
  bool tty = false;                    // its output is not framed
  std::vector<std::string> prints{};   // lines on stdout at every start
  std::vector<std::string> layers{};   // unpacked, by digest
  std::vector<std::string> volumes{};  // places that it declares
};

// How the registry answers a pull.
enum class registry_does {
  serve,
  refuse_connection,
  want_login,
  deny,
  limit_rate,
  fail,            // 500
  send_bad_layer,  // status 200, and an errorDetail at the end
  fill_the_disk,   // the same
  stall,           // no answer at all
  stall_midway,    // progress, and then nothing
};

struct scripted_call {
  route where = route::other;
  std::string method;
  std::string target;  // with its query
  std::string body;
  std::string registry_auth{};  // the header X-Registry-Auth
  unsigned status = 0;          // 0: not answered (yet)
};

// A container as it is now.
struct scripted_container {
  container_id id;
  std::string name;
  std::string image;
  labels marks;
  std::string status;  // created, running, exited, …
  int exit_code = 0;
  std::string network;
  std::string address;  // "" while it does not run, or is not connected
  std::optional<port> host_port;
  std::map<std::string, std::string> environment{};  // what it was created with
  std::map<std::string, std::string> files{};        // put into its own volumes, by path
  bool connected = true;                             // to its network
  std::string network_id{};                          // once it was started or connected
  std::vector<std::string> aliases{};                // in its network
  std::string restart{};                             // the name of its restart policy
  std::map<std::string, std::string> volumes{};      // that it has, place → name
};

struct scripted_network {
  std::string id;
  std::string name;
  std::string driver;
  labels marks{};
};

class scripted_engine {
public:
  scripted_engine();
  ~scripted_engine();
  scripted_engine(scripted_engine const&) = delete;

  // unix:///…, as make_docker_engine takes it.
  std::string address() const;

  // --- the world
  // References in full: registry/repository:tag. The same again: the tag has moved.
  void registry_has(std::string reference, scripted_image image = {});
  void engine_has(std::string reference, scripted_image image = {});
  // For the next `times` pulls of whatever, or until told otherwise.
  void registry(registry_does what, int times = 1'000'000);
  // A container that krane did not make. `image` must be one the engine has.
  container_id add_container(std::string name, std::string image, labels marks, bool running = true);
  // Another program of the host has the port: a start that needs it answers "address already in use".
  void occupy_port(port p);
  void release_port(port p);
  // The next `starts` that need a host port freed by a stopped container answer "port is already allocated".
  void linger_ports(int starts);
  void add_volume(std::string name, labels marks);
  // Somebody removes it, whatever mounts it.
  void lose_volume(std::string name);
  // Its id. A second one of a name is made, too, as the engine does when it is asked twice at once.
  std::string add_network(std::string name, std::string driver = "bridge", labels marks = {});

  // --- behind krane's back
  void exit_container(container_id const& id, int code);
  void oom_container(container_id const& id);
  void remove_container(container_id const& id);
  void disconnect(container_id const& id);
  void reconnect(container_id const& id);  // to the network that it was made in
  void move(container_id const& id, std::string network);
  // Although containers are connected, as a prune does to those that do not run.
  void remove_network(std::string name);
  void rename(container_id const& id, std::string name);
  // As if it had been made with these; an empty one: without it.
  void change_labels(container_id const& id, labels changed);
  // As if its restart policy had it in `status` (restarting, running, …) after so many restarts.
  void set_status(container_id const& id, std::string status, std::uint32_t restarts);
  // A line, without its line end.
  void write_output(container_id const& id, log_source from, std::string line);
  // What a program wrote last, without a line end: a record of its own.
  void write_unended_output(container_id const& id, log_source from, std::string text);
  void listen(container_id const& id, port p);
  void stop_listening(container_id const& id, port p);
  // An event of the container, "health_status: unhealthy" for one; changes nothing.
  void emit(container_id const& id, std::string action, labels more = {});

  // --- faults, each for the next call of the route (several queue up). The client asks once more by itself when a
  // connection that it kept is lost, for all routes but create, start and create_network.
  void fail_next(route where, unsigned status, std::string message);
  // Carried out, and the connection closed before the answer.
  void lose_answer(route where);
  // Not carried out, and the connection closed.
  void lose_request(route where);
  // Carried out, and the connection closed after so many bytes of the answer (its head counts).
  void cut_after(route where, std::size_t bytes);
  // No call of the route is answered until let_go(); carried out before or after that wait.
  void hang(route where, bool carried_out = false);
  void let_go(route where);
  // Connections without a call under way end now: what a client keeps has gone stale.
  void close_idle_connections();
  // All connections end, events are forgotten, containers go on.
  void restart();
  void down();
  void up();
  // What it says it speaks; 1.41, and no oldest, until told.
  // A folder of this machine whose disk is then looked at; until then it is none that is there.
  void set_storage_folder(std::string folder);
  // Of docker.io, as /info tells it.
  void set_mirrors(std::vector<std::string> urls);
  void set_api_version(std::string newest, std::string oldest = "");

  // --- what was asked of it
  std::vector<scripted_call> calls() const;
  std::size_t count(route where) const;
  void forget_calls();
  // Waits until so many calls of the route have come; false when `limit` passes first. Blocks the calling thread.
  bool wait_for_calls(route where, std::size_t at_least,
                      std::chrono::milliseconds limit = std::chrono::seconds{10}) const;
  std::vector<scripted_container> containers() const;
  std::optional<scripted_container> container(std::string_view id_or_name) const;
  std::vector<scripted_network> networks() const;
  // References and ids of what the engine has.
  std::map<std::string, std::string> images() const;
  std::map<std::string, labels> volumes() const;
  // Connections open now.
  std::size_t connections() const;

private:
  class server;
  std::unique_ptr<server> server_;
};

}  // namespace krane::test
