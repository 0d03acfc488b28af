#pragma once
// The small world behind scripted_engine.hpp: what there is, and what each call does to it. Knows nothing of
// connections, threads or faults.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/scripted_engine.hpp"

namespace krane::test {

struct scripted_answer {
  unsigned status = 200;
  std::string body{};
  // A pull that goes on without ever going on.
  bool stalls_before = false;
  bool stalls_after = false;
  bool streamed = false;  // chunked, a line each
};

struct parsed_target {
  std::vector<std::string> path;  // decoded, without the version
  std::map<std::string, std::string> query;
};
parsed_target parse_target(std::string_view target);

class scripted_world {
public:
  struct line {
    std::int64_t time_ns = 0;
    log_source source = log_source::out;
    std::string text;
    bool ends_line = true;
  };
  struct happening {
    std::int64_t time_ns = 0;
    labels attributes;
    std::string json;
  };
  struct box {  // a container
    scripted_container now;
    scripted_image image;
    bool init = false;  // a small program of the engine is process 1
    bool oom_killed = false;
    std::string start_error;
    std::string started_at = "0001-01-01T00:00:00Z";
    std::string finished_at = "0001-01-01T00:00:00Z";
    std::uint32_t restarts = 0;
    std::optional<port> exposed;
    std::optional<port> published;  // the container's side
    std::map<port, int> listeners;  // open sockets
    std::vector<line> output;
    std::int64_t created = 0;
    std::set<std::string> own_volumes;
    std::set<std::string> anonymous;  // names of those that were made for it alone
  };

  scripted_world();
  ~scripted_world();
  scripted_world(scripted_world const&) = delete;

  scripted_answer version() const;
  scripted_answer info() const;
  scripted_answer pull(parsed_target const& to);
  // What the registry has, as a pull would find it.
  scripted_answer ask_registry(std::string const& name) const;
  scripted_answer inspect_image(std::string const& name) const;
  scripted_answer list_images() const;
  // scripted_volumes.cpp
  scripted_answer list_volumes(parsed_target const& to) const;
  scripted_answer inspect_volume(std::string const& name) const;
  scripted_answer create_volume(std::string const& body);
  scripted_answer remove_volume(std::string const& name);
  // As the body of its create has them, and its image.
  void mount_volumes(box& into, boost::json::object const& body);
  void remove_anonymous_volumes(box const& of);
  boost::json::array mounts_of(box const& of) const;
  scripted_answer remove_image(std::string const& name);
  scripted_answer list_networks(parsed_target const& to) const;
  scripted_answer create_network(std::string const& body);
  scripted_answer remove_network(std::string const& name);
  scripted_answer connect(std::string const& network, std::string const& body);
  scripted_answer disconnect(std::string const& network, std::string const& body);
  scripted_answer update(std::string const& name, std::string const& body);
  scripted_answer create(parsed_target const& to, std::string const& body);
  scripted_answer put_files(parsed_target const& to, std::string const& name, std::string const& body);
  scripted_answer start(std::string const& name);
  scripted_answer stop(std::string const& name);
  scripted_answer pause(std::string const& name);
  scripted_answer unpause(std::string const& name);
  scripted_answer remove(parsed_target const& to, std::string const& name);
  scripted_answer inspect(std::string const& name) const;
  scripted_answer list(parsed_target const& to) const;

  // Null where there is none, or more than one of that name.
  scripted_network const* find_network(std::string const& id_or_name) const;
  void join(box& one, std::string const& network_id);
  void part(box& one);
  box* find(std::string_view id_or_name);
  box const* find(std::string_view id_or_name) const;
  void end(box& one, int code, bool out_of_memory);
  void erase(box& one);
  void write(box& one, log_source from, std::string text, bool ends_line = true);
  void happen(box const& one, std::string const& action, labels more = {});
  bool listen(box& one, port p);
  void stop_listening(box& one, port p);
  void run(box& one);

  std::string api_version = "1.41";
  std::string min_api_version = "1.12";
  std::map<std::string, scripted_image> registry;
  std::map<std::string, scripted_image> images;  // by reference
  std::string storage_folder = "/nonexistent/docker";
  std::vector<std::string> mirrors;
  std::map<std::string, labels> known_volumes;
  std::map<std::string, scripted_network> networks;  // by id
  std::deque<std::pair<registry_does, int>> registry_script;
  std::map<std::string, box> boxes;  // by id
  std::set<port> occupied;
  std::set<port> just_freed;
  int lingering_starts = 0;
  std::deque<happening> happenings;  // the last 256
  std::uint64_t forgotten = 0;       // happenings before the first one kept

private:
  std::int64_t tick();  // nanoseconds since 1970, never twice the same
  scripted_image const* find_image(std::string const& name, std::string* reference = nullptr) const;
  // Its tags and its digests.
  std::pair<boost::json::array, boost::json::array> names_of(std::string const& id) const;
  void close_listeners(box& one);
  void give_address(box& one);
  boost::json::object networks_of(box const& one) const;

  std::int64_t last_ns_ = 0;
  std::uint32_t next_address_ = 0;
};

// An image whose id is not given gets one that follows from its name.
scripted_image with_id(std::string const& reference, scripted_image image);
// RFC 3339 with nine decimals, as the engine writes it.
std::string nano_time(std::int64_t ns);
// Whether these labels are among what filters={"label": […]} asks for.
bool passes_label_filter(std::string const& filters, labels const& marks);

}  // namespace krane::test
