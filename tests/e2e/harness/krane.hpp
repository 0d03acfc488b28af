#pragma once
// A krane-server of the test's own on a state folder of its own, and a client that is logged in to it.
//   krane_server server;                       // ready when this returns
//   auto got = server.post("/deployments", body);
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "e2e/harness/docker.hpp"
#include "e2e/harness/http.hpp"
#include "e2e/harness/process.hpp"
#include "support/front_folder.hpp"
#include "support/temp_folder.hpp"
#include "support/test_key.hpp"

namespace krane::e2e {

struct server_options {
  std::string engine;     // empty: the real one
  std::string program{};  // empty: the one that was built with the tests
  std::map<std::string, std::string> environment;
  std::vector<std::string> arguments;
  bool wait_until_ready = true;  // else only until it answers
};

class krane_server {
public:
  explicit krane_server(server_options options = {});
  // Stops it if it runs; its log is shown when a test has failed.
  ~krane_server();

  // On the same state folder and port.
  void start();
  // The same without waiting: it may not listen yet.
  void launch();
  // False if it has ended before it was ready, as one that is to be killed on its way may.
  bool try_start();
  // For the next start.
  void set_environment(std::map<std::string, std::string> added) { options_.environment = std::move(added); }
  // For the next start: the one that was built with the tests.
  void upgrade() { options_.program.clear(); }
  // SIGTERM; the exit status. Fails if that takes more than ten seconds.
  int stop();
  void kill();
  bool runs();
  bool is_ready() const;
  // False too when it has ended.
  bool wait_until_ready(std::chrono::seconds limit);
  // Of one that has ended.
  int exit_status() { return program_->wait(std::chrono::seconds(1)).value_or(-1); }
  // From now on, in this life and the next ones, it dies at "point:visit"; "": nowhere, and only lists the points.
  // Visits count from here or from its start, and so does the list.
  void arm_failpoint(std::string const& point);
  void disarm_failpoint();
  std::vector<std::string> points_passed() const;
  process& program() { return *program_; }

  endpoint where() const { return endpoint::tcp(port_); }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string folder() const { return folder_.path().string(); }
  // HAProxy's, 0 while there is none.
  pid_t front_master() const { return front_.master(); }
  void end_front() const { front_.end_haproxy(); }
  std::string state_folder() const { return folder_ / "state"; }
  std::string keys_file() const { return folder_ / "authorized_keys"; }
  std::string log() const { return read_file(folder_ / "log"); }
  test::test_key const& key() const { return key_; }

  // A session's token: asked for once, then remembered.
  std::string const& token();
  answer log_in(test::test_key const& key);
  fields authorized() { return {{"Authorization", "Bearer " + token()}}; }

  // With the token.
  answer call(std::string_view method, std::string_view target, std::string_view body = {}, fields headers = {});
  answer get(std::string_view target) { return call("GET", target); }
  answer post(std::string_view target, std::string_view body = {}) { return call("POST", target, body); }
  answer remove(std::string_view target) { return call("DELETE", target); }

  // Sent again until the server listens and takes changes; what it answers then.
  answer call_as_soon_as_it_listens(std::string_view method, std::string_view target);

  // Waits until a run has ended, as its answer tells of it (202); the deployment as it is then. Its status alone does
  // not tell: between two runs it is for a moment what the first has left.
  answer ended(std::string const& name, answer const& accepted);

  // Creates or updates it; `config` is the inside of the config object. Fails the test on a refusal.
  void create(std::string const& name, std::string const& config);
  // Runs it and waits for the run's end: the deployment as it is then.
  answer run(std::string const& name, std::string const& query = {});
  // Waits until GET /deployments/:name is in none of the passing states any more.
  answer settled(std::string const& name, std::chrono::seconds limit = std::chrono::seconds(60));
  // The events of a deployment so far, oldest first.
  std::vector<boost::json::value> events(std::string const& name);
  // How often each run of a deployment has ended; 0 for one that has not.
  std::map<std::string, int> ends_of(std::string const& name);
  // The newest event with level error, as text; "" when there is none.
  std::string last_error(std::string const& name);

private:
  std::string failpoint_file() const { return folder_ / "failpoint"; }

  server_options options_;
  test::temp_folder folder_;
  test::front_folder front_{folder_ / "state/front"};
  std::uint16_t port_;
  test::test_key key_;
  std::unique_ptr<process> program_;
  std::string token_;
};

// The key that all servers of this program trust; making one takes a while.
test::test_key const& shared_key();

// Polls for a condition; true as soon as it holds.
template <typename Condition>
bool eventually(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(15)) {
  auto const until = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

// For tests on the real engine: skips where there is none, and checks that nothing is left behind.
class on_a_real_engine : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  krane_server& server() { return *server_; }
  docker& engine() { return *engine_; }
  // A name that no other test uses at this moment: "web-3f2a".
  std::string fresh(std::string const& stem);
  // A stranger's container, gone after the test.
  std::string stranger(std::string const& name, std::string const& body);

  std::unique_ptr<krane_server> server_;
  std::optional<docker> engine_;

private:
  std::vector<std::string> strangers_;
  std::set<std::string> there_before_;  // containers of somebody else's tests
};

}  // namespace krane::e2e
