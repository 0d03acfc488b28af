#pragma once
// A krane server, as the commands use it: a function for each thing that it can be asked. Connections are opened when
// they are needed and used again.
//
// Threads: the network thread.
// Failure: what the server refuses is an error with its own sentence, reason and details, its status turned back into
//          its class. Without a good token: errc::unauthorized, reason::not_logged_in. A server that cannot be reached,
//          or what is no krane server: errc::unavailable with one of reason.hpp. No answer in time: errc::timed_out.
// Cancel:  closes the connection of that call.
// Lifetime: outlives its streams.
// Source:  the server's own document, GET /openapi.json.
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "client/endpoint.hpp"
#include "client/plan_types.hpp"
#include "client/types.hpp"

namespace krane::client {

struct time_limits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds connect_by_ssh{120'000};  // a person may have to type a passphrase
  std::chrono::milliseconds answer{30'000};
  std::chrono::milliseconds silence{45'000};  // on a stream; the server says something every 15 s
  std::chrono::milliseconds repeat{10'000};   // after a connection broke, or while a server that has started recovers
};

class sse_stream;

struct stored_deployment {
  template_info now;
  bool created = false;  // else it was there and is updated
};

// The config of a deployment as the server has it, and what If-Match knows it by; empty: of a server that has no such.
struct stored_config {
  boost::json::object config;
  std::string tag;
};

struct stored_secret {
  secret_version now;
  bool created = false;  // else it was there
};

// Which lines of a container's output. Empty: as the server has it, the last 50.
struct output_from {
  std::optional<std::string> tail{};   // a number, or "all"
  std::optional<std::string> since{};  // a time (RFC 3339), or the place of a line: what came after it
  bool follow = true;
};

class krane_api {
public:
  // `token`: of a session, or empty.
  krane_api(endpoint where, std::string token, time_limits limits = {});
  ~krane_api();
  krane_api(krane_api const&) = delete;

  endpoint const& where() const;
  void set_token(std::string token);

  task<login_challenge> get_challenge();
  task<session_info> log_in(std::string request_id, std::string signed_token);
  task<std::vector<session_info>> list_sessions();
  // A session for a program. Its token is in this answer only. `ttl`: none for as long as the server gives.
  task<session_info> create_session(std::string name, std::optional<std::chrono::seconds> ttl);
  task<void> revoke_session(std::string id);
  // The session whose token this client has.
  task<session_info> get_own_session();
  task<void> revoke_own_session();

  task<std::vector<deployment_item>> list_deployments();
  task<deployment_info> get_deployment(std::string name);
  // errc::precondition_failed: `create_only`, and it is there. errc::conflict, release_moved: another release serves
  // than that of `if_release`; 0: one does.
  // precondition_failed, config_moved: the config is not the one of `tag`, unless that is empty.
  task<stored_deployment> put_deployment(deployment_wanted what, bool create_only = false,
                                         std::optional<std::uint64_t> if_release = {}, std::string tag = {});
  // Changes fields of the config and leaves the others as they are (JSON Merge Patch). `if_release`, `tag`: as
  // put_deployment. errc::method_not_allowed: the server is older than that.
  task<stored_deployment> patch_deployment(std::string name, boost::json::object patch,
                                           std::optional<std::uint64_t> if_release = {}, std::string tag = {});
  // None: there is no such deployment. Also where the engine does not answer.
  task<std::optional<stored_config>> find_config(std::string name);
  // Answers when all is gone, or after `wait` (600 s at most) with removed = false while it goes on.
  task<removal_info> remove_deployment(std::string name, std::chrono::seconds wait, bool with_volumes = false);

  // What a deploy would do; nothing is changed.
  task<plan_info> plan(std::string name, plan_wanted what);
  // `if_release`: as put_deployment.
  task<run_info> start_run(std::string name, std::optional<std::string> tag,
                           std::optional<std::uint64_t> if_release = {});
  // `what`: "stop", "start" or "restart", of the release that serves.
  task<run_info> act_on_serving(std::string name, std::string what);
  task<run_info> scale(std::string name, std::uint32_t replicas);
  // `release`: its number; none: the one that served before.
  task<run_info> roll_back(std::string name, std::optional<std::uint64_t> release);
  // Newest first.
  task<std::vector<release_info>> list_releases(std::string name, std::size_t limit = 100);
  task<release_info> get_release(std::string name, std::uint64_t number);
  // Newest first.
  task<std::vector<run_info>> list_runs(std::string name, std::size_t limit = 100);
  // By its id or its number.
  task<run_info> get_run(std::string name, std::string id);
  task<run_info> cancel_run(std::string name, std::string id);
  // All that have not ended, newest first. errc::conflict, no_run_under_way.
  task<std::vector<run_info>> cancel_runs(std::string name);

  // For a deployment that need not be there yet. The same value again makes no new version.
  task<stored_secret> put_secret(std::string name, std::string key, std::string value);
  // Without their values, which no call gives.
  task<std::vector<secret_info>> list_secrets(std::string name);
  // errc::conflict, secret_in_use.
  task<void> remove_secret(std::string name, std::string key);

  // Credentials for pulls from a registry, host[:port]; no call gives the password.
  task<stored_registry> put_registry(std::string registry, std::string username, std::string password);
  task<std::vector<registry_info>> list_registries();
  task<void> remove_registry(std::string registry);

  // A page of what happened to a deployment, or to all (an empty name), oldest first: the first `limit` (1000 at most)
  // after `since`, an event's Id or a time (RFC 3339), or the last ones.
  task<std::vector<event_info>> list_events(std::string name, std::optional<std::string> since, std::size_t limit);
  // Live; what came after `since` comes first. It ends when its connection does: event_follower.hpp goes on.
  task<std::unique_ptr<sse_stream>> open_events(std::string name, std::optional<std::uint64_t> since);
  // By the container's name or id; output_follower.hpp goes on where a connection breaks. `last_place`: of the last
  // line that was seen; stronger than `from`.
  task<std::unique_ptr<sse_stream>> open_output(std::string container, output_from from,
                                                std::optional<std::string> last_place);

  // errc::unavailable when it is not ready; the sentence says what is missing.
  task<readiness> get_readiness();
  task<version_info> get_version();
  // How the server and what it depends on are, part by part, well or not.
  task<system_info> get_system();
  // The server's clock, in whole seconds, as an answer's Date has it.
  task<time_point> get_time();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace krane::client
