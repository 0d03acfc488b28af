// The real client against the scripted engine, where things go wrong.
#include "engine/docker_engine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/async.hpp"
#include "model/reason.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_engine.hpp"
#include "support/tcp_relay.hpp"
#include "support/temp_folder.hpp"

namespace krane {
namespace {

using test::registry_does;
using test::route;
using test::run_coroutine;

constexpr char image[] = "docker.io/davidcasta/docker-to-node:latest";
image_ref const image_name{
    .registry = "docker.io", .repository = "davidcasta/docker-to-node", .tag = "latest", .digest = {}};

class docker_engine : public testing::Test {
protected:
  docker_engine() { use({}); }

  void use(engine_deadlines deadlines) {
    docker_ = std::move(*make_docker_engine(loop_.get_executor(), world_.address(), deadlines));
  }

  template <class T>
  result<T> run(task<T> work) {
    return run_coroutine(loop_, std::move(work));
  }

  result<container_id> create(std::string name, std::optional<published_port> publish = {}) {
    world_.engine_has(image, {.listens = {8080}});
    return run(docker_->create_container({.name = std::move(name),
                                          .image = image,
                                          .marks = {{"deployment.name", "web"}},
                                          .network = "bridge",
                                          .exposed = 8080,
                                          .publish = publish}));
  }

  template <class T>
  void expect_unavailable(result<T> const& outcome) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::unavailable) << outcome.error().message;
    EXPECT_EQ(outcome.error().reason, reason::engine_unavailable);
  }

  template <class T>
  void expect_late(result<T> const& outcome) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, errc::timed_out) << outcome.error().message;
    EXPECT_EQ(outcome.error().reason, reason::deadline);
  }

  test::scripted_engine world_;
  asio::io_context loop_;
  std::unique_ptr<engine> docker_;
};

TEST_F(docker_engine, is_unavailable_when_nothing_listens) {
  test::temp_folder const folder;
  docker_ = std::move(*make_docker_engine(loop_.get_executor(), "unix://" + (folder / "none.sock")));
  expect_unavailable(run(docker_->ping()));
}

TEST_F(docker_engine, is_unavailable_while_down_and_answers_again_when_up) {
  ASSERT_TRUE(run(docker_->ping()));
  world_.down();
  expect_unavailable(run(docker_->ping()));
  expect_unavailable(run(docker_->list_containers({})));
  world_.up();
  EXPECT_TRUE(run(docker_->ping()));
}

TEST_F(docker_engine, asks_for_the_version_once) {
  ASSERT_TRUE(run(docker_->list_containers({})));
  ASSERT_TRUE(run(docker_->list_containers({})));
  EXPECT_EQ(world_.count(route::ping), 1U);
  EXPECT_TRUE(world_.calls().back().target.starts_with("/v1.41/"));
}

TEST_F(docker_engine, speaks_the_newest_version_that_both_know) {
  world_.set_api_version("1.47", "1.24");
  auto const version = run(docker_->version());
  ASSERT_TRUE(version);
  EXPECT_EQ(version->api_version, "1.43");
  EXPECT_EQ(version->os, "linux");
}

TEST_F(docker_engine, refuses_an_engine_that_is_too_old) {
  world_.set_api_version("1.39");
  auto const outcome = run(docker_->ping());
  expect_unavailable(outcome);
  EXPECT_NE(outcome.error().message.find("1.40"), std::string::npos);
}

TEST_F(docker_engine, uses_one_connection_for_calls_one_after_the_other) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(run(docker_->ping()));
  EXPECT_EQ(world_.connections(), 1U);
}

TEST_F(docker_engine, goes_on_when_kept_connections_have_gone_stale) {
  auto const id = create("web-1");
  ASSERT_TRUE(id);
  world_.close_idle_connections();
  EXPECT_TRUE(run(docker_->start_container(*id))) << "nothing was sent on the dead connection";
  EXPECT_EQ(world_.count(route::start), 1U);
}

TEST_F(docker_engine, asks_again_where_that_does_no_harm) {
  ASSERT_TRUE(run(docker_->ping()));
  world_.lose_request(route::list);
  EXPECT_TRUE(run(docker_->list_containers({})));
  EXPECT_EQ(world_.count(route::list), 2U);
}

TEST_F(docker_engine, asks_again_only_once) {
  ASSERT_TRUE(run(docker_->ping()));
  world_.lose_request(route::list);
  world_.lose_request(route::list);
  expect_unavailable(run(docker_->list_containers({})));
  EXPECT_EQ(world_.count(route::list), 2U);
}

TEST_F(docker_engine, never_creates_or_starts_twice_when_the_answer_is_lost) {
  ASSERT_TRUE(run(docker_->ping()));
  world_.lose_answer(route::create);
  expect_unavailable(create("web-1"));
  EXPECT_EQ(world_.count(route::create), 1U);
  ASSERT_EQ(world_.containers().size(), 1U);

  auto const id = world_.containers().front().id;
  world_.lose_answer(route::start);
  expect_unavailable(run(docker_->start_container(id)));
  EXPECT_EQ(world_.count(route::start), 1U);
  EXPECT_EQ(world_.container("web-1")->status, "running");
  EXPECT_TRUE(run(docker_->start_container(id))) << "running already is success";
}

TEST_F(docker_engine, says_which_deadline_passed) {
  use({.ping = std::chrono::milliseconds{50}, .look = std::chrono::milliseconds{50}});
  ASSERT_TRUE(run(docker_->ping()));
  world_.hang(route::list);
  auto const outcome = run(docker_->list_containers({}));
  expect_late(outcome);
  EXPECT_EQ(outcome.error().message, "the engine did not list its containers within 50 ms");
  world_.let_go(route::list);
  EXPECT_TRUE(run(docker_->list_containers({})));
}

TEST_F(docker_engine, an_answer_cut_off_anywhere_is_a_lost_connection) {
  ASSERT_TRUE(create("web-1"));
  for (std::size_t const bytes : {1U, 20U, 60U, 150U, 200U, 400U}) {
    // Twice: on a kept connection the client asks once more.
    ASSERT_TRUE(run(docker_->ping()));
    world_.cut_after(route::inspect, bytes);
    world_.cut_after(route::inspect, bytes);
    expect_unavailable(run(docker_->find_container("web-1")));
  }
}

TEST_F(docker_engine, a_name_that_is_none_is_not_asked_about) {
  EXPECT_EQ(*run(docker_->find_container("../images/json")), std::nullopt);
  EXPECT_EQ(*run(docker_->find_image("../containers")), std::nullopt);
  EXPECT_FALSE(run(docker_->start_container(container_id{"a/../b"})));
  EXPECT_TRUE(world_.calls().empty());
}

TEST_F(docker_engine, a_taken_port_fails_the_start_and_leaves_the_container) {
  world_.occupy_port(9002);
  auto const id = create("web-1", published_port{.host = 9002, .container = 8080});
  ASSERT_TRUE(id);
  auto const started = run(docker_->start_container(*id));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, reason::port_in_use);
  EXPECT_EQ(world_.container("web-1")->status, "created");
}

TEST_F(docker_engine, a_port_just_freed_may_linger) {
  auto const first = create("web-1", published_port{.host = 9002, .container = 8080});
  auto const second = create("web-2", published_port{.host = 9002, .container = 8080});
  ASSERT_TRUE(run(docker_->start_container(*first)));
  EXPECT_EQ(run(docker_->start_container(*second)).error().reason, reason::port_in_use);
  world_.linger_ports(1);
  ASSERT_TRUE(run(docker_->stop_container(*first, std::chrono::seconds{1})));
  EXPECT_EQ(run(docker_->start_container(*second)).error().reason, reason::port_in_use);
  EXPECT_TRUE(run(docker_->start_container(*second)));
}

TEST_F(docker_engine, a_missing_image_or_container_or_network_is_told_apart) {
  auto const created = run(docker_->create_container(
      {.name = "x", .image = "docker.io/no/such:1", .marks = {}, .network = "bridge", .exposed = {}, .publish = {}}));
  EXPECT_EQ(created.error().reason, reason::image_not_found);
  EXPECT_EQ(run(docker_->start_container(container_id{"0123456789ab"})).error().reason, reason::container_gone);

  world_.engine_has(image);
  auto const id = run(docker_->create_container(
      {.name = "x", .image = image, .marks = {}, .network = "krane", .exposed = {}, .publish = {}}));
  ASSERT_TRUE(id);
  EXPECT_EQ(run(docker_->start_container(*id)).error().reason, reason::engine_error);
}

TEST_F(docker_engine, what_the_engine_says_is_in_the_error) {
  world_.fail_next(route::create, 500, "something nobody foresaw");
  auto const created = create("web-1");
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().reason, reason::engine_error);
  EXPECT_NE(created.error().message.find("something nobody foresaw"), std::string::npos);
}

TEST_F(docker_engine, a_removal_under_way_is_waited_for) {
  auto const id = create("web-1");
  world_.fail_next(route::remove, 409, "removal of container web-1 is already in progress");
  EXPECT_TRUE(run(docker_->remove_container(*id)));
  EXPECT_TRUE(world_.containers().empty());
}

TEST_F(docker_engine, pulls_fail_with_the_registrys_reason) {
  world_.registry_has(image);
  std::pair<registry_does, char const*> const expected[] = {
      {registry_does::refuse_connection, reason::registry_unreachable},
      {registry_does::want_login, reason::registry_auth},
      {registry_does::deny, reason::registry_denied},
      {registry_does::limit_rate, reason::registry_rate_limited},
      {registry_does::fail, reason::registry_error},
      {registry_does::send_bad_layer, reason::image_corrupt},
      {registry_does::fill_the_disk, reason::engine_storage}};
  for (auto const& [what, wanted] : expected) {
    world_.registry(what, 1);
    auto const pulled = run(docker_->pull(image_name, {}));
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().reason, wanted) << pulled.error().message;
  }
  EXPECT_TRUE(run(docker_->pull(image_name, {})));
}

TEST_F(docker_engine, tells_the_digest_that_a_name_stands_for_without_pulling_it) {
  world_.registry_has(image, {.id = "sha256:1"});
  EXPECT_EQ(run(docker_->ask_registry(image_name)).value_or(""), "sha256:1");
  world_.registry_has(image, {.id = "sha256:2"});
  EXPECT_EQ(run(docker_->ask_registry(image_name)).value_or(""), "sha256:2");
  EXPECT_TRUE(world_.images().empty());
  EXPECT_EQ(world_.count(route::pull), 0u);
}

TEST_F(docker_engine, a_registry_that_is_asked_for_a_name_fails_as_a_pull_of_it_would) {
  auto const unknown = run(docker_->ask_registry(image_name));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().reason, reason::image_not_found);
  EXPECT_TRUE(unknown.error().message.starts_with("docker.io/davidcasta/docker-to-node:latest cannot be pulled: "))
      << unknown.error().message;
  world_.registry(registry_does::refuse_connection);
  EXPECT_EQ(run(docker_->ask_registry(image_name)).error().reason, reason::registry_unreachable);
  world_.registry(registry_does::stall);
  use({.look = std::chrono::milliseconds{50}});
  expect_late(run(docker_->ask_registry(image_name)));
}

TEST_F(docker_engine, a_silent_pull_is_given_up) {
  use({.pull_silence = std::chrono::milliseconds{50}});
  ASSERT_TRUE(run(docker_->ping()));
  world_.registry_has(image);
  world_.registry(registry_does::stall, 1);
  expect_late(run(docker_->pull(image_name, {})));
  world_.registry(registry_does::stall_midway, 1);
  std::vector<std::string> seen;
  expect_late(run(docker_->pull(image_name, [&](pull_progress const& p) { seen.push_back(p.text); })));
  EXPECT_EQ(seen.size(), 3U);
}

TEST_F(docker_engine, a_pull_has_a_limit_in_all) {
  use({.pull = std::chrono::milliseconds{50}});
  world_.registry_has(image);
  world_.registry(registry_does::stall_midway, 1);
  expect_late(run(docker_->pull(image_name, {})));
}

TEST_F(docker_engine, a_pull_that_is_cut_off_is_a_lost_connection) {
  world_.registry_has(image);
  world_.cut_after(route::pull, 300);
  expect_unavailable(run(docker_->pull(image_name, {})));
}

task<std::optional<log_chunk>> read_one(log_stream& from) {
  co_return co_await from.next();
}
task<engine_event> read_one(engine_event_stream& from) {
  co_return co_await from.next();
}

TEST_F(docker_engine, lost_streams_say_so) {
  auto const id = create("web-1");
  ASSERT_TRUE(run(docker_->start_container(*id)));
  world_.write_output(*id, log_source::out, "hello");
  auto output = run(docker_->logs(*id, {.follow = true, .tail = {}, .since = "", .timestamps = false}));
  ASSERT_TRUE(output);
  auto events = run(docker_->container_events({}));
  ASSERT_TRUE(events);
  auto const first = run(read_one(**output));
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->bytes, "hello\n");
  world_.restart();
  expect_unavailable(run(read_one(**output)));
  expect_unavailable(run(read_one(**events)));
}

TEST_F(docker_engine, events_miss_nothing_that_follows_the_subscription) {
  auto const id = create("web-1");
  auto events = run(docker_->container_events({{"deployment.name", "web"}}));
  ASSERT_TRUE(events);
  ASSERT_TRUE(run(docker_->start_container(*id)));
  world_.exit_container(*id, 3);
  EXPECT_EQ(run(read_one(**events))->action, "start");
  auto const die = run(read_one(**events));
  ASSERT_TRUE(die);
  EXPECT_EQ(die->action, "die");
  EXPECT_EQ(die->container, *id);
  EXPECT_EQ(die->attributes.at("exitCode"), "3");
}

coroutine<void> ping_into(engine& docker, int& done) {
  auto const outcome = co_await docker.ping();
  if (outcome) ++done;
}

coroutine<void> ping_many(asio::io_context& loop, engine& docker, int how_many, int& done) {
  for (int i = 0; i < how_many; ++i) asio::co_spawn(loop, ping_into(docker, done), asio::detached);
  while (done < how_many) co_await sleep_for(std::chrono::milliseconds{1});
}

// The other end learns a moment later that a connection was closed.
coroutine<void> wait_for_connections(test::scripted_engine const& world, std::size_t at_most) {
  for (int i = 0; i < 1'000 && world.connections() > at_most; ++i) co_await sleep_for(std::chrono::milliseconds{10});
}

TEST_F(docker_engine, many_calls_at_once_share_a_bounded_number_of_connections) {
  ASSERT_TRUE(run(docker_->ping()));
  int done = 0;
  run_coroutine(loop_, ping_many(loop_, *docker_, 200, done));
  EXPECT_EQ(done, 200);
  run_coroutine(loop_, wait_for_connections(world_, 9));
  EXPECT_LE(world_.connections(), 9U) << "more than are kept were left open";
}

TEST_F(docker_engine, an_engine_on_tcp_is_the_same) {
  test::tcp_relay const relay(loop_, world_.address().substr(std::string("unix://").size()));
  docker_ = std::move(*make_docker_engine(loop_.get_executor(), fmt::format("tcp://localhost:{}", relay.number())));
  auto const id = create("web-1");
  ASSERT_TRUE(id) << id.error().message;
  auto events = run(docker_->container_events({}));
  ASSERT_TRUE(events);
  ASSERT_TRUE(run(docker_->start_container(*id)));
  engine_event seen;
  // Events of the second before the subscription may come first, as the engine's clock is known to the second only.
  while (seen.action != "start") {
    auto next = run(read_one(**events));
    ASSERT_TRUE(next);
    seen = *next;
  }
  EXPECT_EQ(seen.container, *id);
}

TEST_F(docker_engine, a_tcp_port_where_nothing_listens_is_unavailable) {
  port closed = 0;
  {
    test::tcp_relay const relay(loop_, "/nowhere");
    closed = relay.number();
  }
  docker_ = std::move(*make_docker_engine(loop_.get_executor(), fmt::format("tcp://127.0.0.1:{}", closed)));
  expect_unavailable(run(docker_->ping()));
}

TEST_F(docker_engine, an_address_that_is_none_is_refused) {
  auto const made = make_docker_engine(loop_.get_executor(), "http://localhost");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::invalid);
}

}  // namespace
}  // namespace krane
