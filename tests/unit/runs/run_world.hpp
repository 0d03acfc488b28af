#pragma once
// The whole runs room on a real store, with the real engine client talking to a scripted engine, and a front.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/async.hpp"
#include "engine/docker_engine.hpp"
#include "front/haproxy_front.hpp"
#include "runs/ownership.hpp"
#include "runs/run_service.hpp"
#include "secrets/vault.hpp"
#include "store/store.hpp"
#include "support/front_folder.hpp"
#include "support/held_front.hpp"
#include "support/held_store.hpp"
#include "support/manual_clock.hpp"
#include "support/run_coroutine.hpp"
#include "support/scripted_engine.hpp"
#include "support/temp_folder.hpp"
#include "support/told_registry.hpp"

namespace krane::test {

using namespace std::chrono_literals;

inline constexpr char image_v1[] = "docker.io/krane-test/web:latest";
inline constexpr char image_v2[] = "docker.io/krane-test/web:v2";

struct run_world {
  run_world() { registry(); }

  void registry() {
    engine_world.registry_has(image_v1, {.listens = {8080}});
    engine_world.registry_has(image_v2, {.listens = {8080}});
    engine_world.registry_has("docker.io/krane-test/web:crash", {.exits = 3, .prints = {"about to fail", "bye"}});
    engine_world.registry_has("docker.io/krane-test/web:deaf", {});
  }

  void open() {
    auto opened = open_store(loop.get_executor(), {.folder = folder.path().string(), .on_fatal = {}, .hides = &hides});
    ASSERT_TRUE(opened) << opened.error().message;
    state = std::move(*opened);
    secrets = std::make_unique<vault>(loop.get_executor(), *state, hides, time, vault_options{folder / "secrets.key"});
    auto const unlocked = run_coroutine(loop, secrets->start());
    ASSERT_TRUE(unlocked) << unlocked.error().message;
    state->on_commit([this](commit const& c) {
      for (event const& e : c.events) events.push_back(e);
    });
    docker = *make_docker_engine(loop.get_executor(), engine_world.address());
    run_options options;
    options.settle = 20ms;
    options.watch = watch;
    options.check_limit = check_limit;
    options.port_retry = 100ms;
    options.engine_retry = 20ms;
    options.stop_grace = 1s;
    options.keep_warm = keep_warm;
    options.publish = publish;
    ports = make_haproxy_front(loop.get_executor(), {.folder = ports_folder.path(), .address = "127.0.0.1"});
    options.disk_reserve_bytes = disk_reserve_bytes;
    options.keep_releases = keep_releases;
    options.recovery_wait = recovery_wait;
    options.adopt_limit = adopt_limit;
    options.at_once = at_once;
    held_state = std::make_unique<held_store>(loop.get_executor(), *state);
    held_ports = std::make_unique<held_front>(loop.get_executor(), *ports);
    if (hold_store) held_state->hold();
    held_state->failing = failing_reads;
    if (hold_front) held_ports->hold();
    service =
        make_run_service(loop.get_executor(), *held_state, *docker, *registries, *held_ports, *secrets, time, options);
    service->start();
  }

  void close() {
    if (!service) return;
    run_coroutine(loop, service->stop());
    run_coroutine(loop, ports->stop());
    service.reset();
    held_ports.reset();
    ports.reset();
    docker.reset();
    held_state.reset();
    state->stop();
    secrets.reset();
    state.reset();
  }

  void restart() {
    close();
    open();
  }

  ~run_world() { close(); }

  void put(std::string name = "app", std::optional<port> host_port = std::nullopt,
           std::optional<rollout> replace = std::nullopt) {
    spec s;
    s.replace = replace;
    s.name = deployment_name{std::move(name)};
    s.registry = "docker.io";
    s.image = "krane-test/web";
    s.container_port = 8080;
    s.host_port = host_port;
    auto stored = run_coroutine(loop, state->deployments().put(std::move(s), false, time.now()));
    ASSERT_TRUE(stored) << stored.error().message;
  }

  run accept(std::string name = "app", std::optional<std::string> tag = std::nullopt) {
    auto accepted = run_coroutine(loop, service->deploy(deployment_name{std::move(name)}, std::move(tag)));
    EXPECT_TRUE(accepted) << accepted.error().message;
    return accepted.value_or(run{});
  }

  run end_of(run const& r) {
    auto ended = run_coroutine(loop, service->wait_for_end(r.id, 20s));
    EXPECT_TRUE(ended) << ended.error().message;
    EXPECT_TRUE(ended && is_end(ended->step)) << "the run has not ended";
    return ended.value_or(run{});
  }

  run deploy(std::string name = "app", std::optional<std::string> tag = std::nullopt) {
    return end_of(accept(std::move(name), std::move(tag)));
  }

  // Lets the loop run until `condition` holds.
  template <class Condition>
  bool eventually(Condition condition) {
    auto wait = [](Condition const& holds) -> coroutine<bool> {
      for (int i = 0; i < 2'000; ++i) {
        if (holds()) co_return true;
        co_await sleep_for(5ms);
      }
      co_return false;
    };
    return run_coroutine(loop, wait(condition));
  }

  deployment now(std::string name = "app") {
    deployment const* d = state->find_deployment(deployment_name{std::move(name)});
    return d == nullptr ? deployment{} : *d;
  }

  // P2: exactly the serving release's container is there, and it runs.
  void expect_only_serving(std::string name = "app") {
    auto const all = engine_world.containers();
    ASSERT_EQ(all.size(), 1U) << "one container and no left-over";
    EXPECT_EQ(all[0].status, "running");
    EXPECT_EQ(all[0].marks.at(label::run), now(name).serving.value_or(run_id{}).str());
  }

  temp_folder folder;
  manual_clock time;
  asio::io_context loop;
  scripted_engine engine_world;
  std::vector<event> events;
  scrubber hides;
  std::unique_ptr<store> state;
  std::unique_ptr<vault> secrets;
  std::unique_ptr<engine> docker;
  // Nobody is asked for images of docker.io.
  std::unique_ptr<krane::registry> registries = std::make_unique<told_registry>();
  std::uint64_t disk_reserve_bytes = 0;
  std::size_t keep_releases = 5;
  publish_by publish = publish_by::engine;
  std::chrono::milliseconds keep_warm{0};
  std::chrono::milliseconds watch{0};
  std::chrono::milliseconds check_limit{5'000};  // low only where it is reached: a machine under load takes its time
  std::chrono::milliseconds recovery_wait{5'000};
  std::chrono::milliseconds adopt_limit{30'000};
  std::size_t at_once = 4;
  // From the next open() on: its recovery stands still until held_state and held_ports are released.
  bool hold_store = false;
  bool hold_front = false;
  int failing_reads = 0;
  front_folder ports_folder{folder / "front"};
  std::unique_ptr<front> ports;
  std::unique_ptr<held_store> held_state;
  std::unique_ptr<held_front> held_ports;
  std::unique_ptr<run_service> service;
};

}  // namespace krane::test
