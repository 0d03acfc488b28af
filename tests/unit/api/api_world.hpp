#pragma once
// The whole API on real parts — store, authenticator, runs, the engine's client — and a scripted engine. Requests go
// straight to its handler; streams end in memory, where a test can look at them.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "base/blocking_pool.hpp"
#include "front/haproxy_front.hpp"
#include "support/front_folder.hpp"
#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_engine.hpp"
#include "support/temp_folder.hpp"
#include "support/test_key.hpp"
#include "support/told_registry.hpp"

namespace krane::test {

using header_pairs = std::vector<std::pair<std::string, std::string>>;

// A request as http hands it over. The target may have a query.
http::request make_request(std::string method, std::string target, std::string body = {}, header_pairs headers = {});

struct api_answer {
  int status = 0;
  http::header_list headers;
  std::string content_type;
  std::string text;

  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
  boost::json::value json() const;
  boost::json::value data() const;  // of the envelope, whose other members are checked
  std::string reason() const;
  std::string error() const;
  // "path: error" of each, in order.
  std::vector<std::string> details() const;
};

// What a stream's client would see; stands for the connection.
class memory_writer final : public http::body_writer {
public:
  explicit memory_writer(executor network) : changed_(network) {}
  task<void> write(std::string bytes) override;
  coroutine<void> closed() override;

  void go_away();
  std::string text;
  bool stalled = false;  // writes do not end until it is false

private:
  signal changed_;
  bool gone_ = false;
};

class memory_socket final : public http::web_socket {
public:
  explicit memory_socket(executor network) : changed_(network) {}
  task<void> send(std::vector<std::shared_ptr<std::string const>> messages) override;
  coroutine<void> close(std::uint16_t code, std::string reason) override;
  coroutine<void> closed() override;

  void go_away();
  void go_on();
  std::vector<std::string> messages;
  std::size_t largest_batch = 0;
  std::optional<std::pair<std::uint16_t, std::string>> closed_with;
  bool stalled = false;

private:
  signal changed_;
  bool gone_ = false;
};

class api_test : public testing::Test {
protected:
  explicit api_test(std::size_t ring_entries = 1'000, std::size_t keep_events = 5'000,
                    std::uint64_t disk_reserve_bytes = 0);
  ~api_test() override;

  http::reply reply_to(http::request request);
  api_answer ask(http::request request);
  // With the token of this test's own session.
  api_answer ask(std::string method, std::string target, std::string body = {}, header_pairs headers = {});
  api_answer ask_as_stranger(std::string method, std::string target, std::string body = {}, header_pairs headers = {});

  // The whole login of a client; the session's data.
  boost::json::object log_in();
  // Creates it, and a run of it until its end if asked.
  void create(std::string name, std::string tag = "latest");
  run deploy(std::string name);
  std::string container_of(run const& r) const { return r.container().value_or(container_id{}).str(); }

  void append_event(std::string name, std::string message);
  // Lets the loop run until it is so; false after ten seconds.
  bool becomes(std::function<bool()> const& so);
  // Begins a stream and leaves it running; `ended` becomes true with it.
  struct running {
    bool ended = false;
  };
  std::shared_ptr<running> begin(coroutine<void> stream);
  void use(api_settings settings);

  temp_folder folder;
  asio::io_context loop{1};
  blocking_pool pool{1};
  manual_clock time;
  scripted_engine world;
  test_key key = test_key::generate(key_kind::ed25519);
  scrubber hides;
  std::unique_ptr<store> state;
  std::unique_ptr<vault> secrets;
  std::unique_ptr<event_ring> ring;
  std::unique_ptr<engine> docker;
  front_folder ports_folder{folder / "front"};
  std::unique_ptr<front> ports = make_haproxy_front(loop.get_executor(), {.folder = ports_folder.path()});
  std::unique_ptr<authenticator> auth;
  told_registry registries;
  std::unique_ptr<run_service> service;
  std::unique_ptr<api> served;
  std::string token;
};

}  // namespace krane::test
