#pragma once
// A store in a folder of the test's own, driven from the test's network loop.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "store/tuning.hpp"
#include "support/faulty_vfs.hpp"
#include "support/run_coroutine.hpp"
#include "support/temp_folder.hpp"

namespace krane::test {

inline time_point at(int second) {
  return *parse_rfc3339("2026-01-02T03:04:05Z") + std::chrono::seconds{second};
}

inline spec spec_of(std::string name, std::optional<port> host_port = std::nullopt) {
  return {.name = deployment_name{std::move(name)},
          .registry = "docker.io",
          .image = "davidcasta/docker-to-node",
          .tag = std::nullopt,
          .digest = std::nullopt,
          .container_port = host_port ? std::optional<port>{port{8080}} : std::nullopt,
          .host_port = host_port};
}

inline event_draft draft(spec what, std::string message, time_point when = at(0)) {
  return {.what = std::move(what),
          .run = std::nullopt,
          .phase = "container",
          .level = event_level::warn,
          .message = std::move(message),
          .at = when};
}

class store_test : public testing::Test {
protected:
  store_test() { options.folder = folder / "state"; }
  ~store_test() override { close(); }

  result<void> try_open() {
    options.on_fatal = [this](error why) { fatal.push_back(std::move(why)); };
    tuning.vfs = disk.name();
    auto opened = open_store(loop.get_executor(), options, tuning);
    if (!opened) return opened.error();
    state = std::move(*opened);
    state->on_commit([this](commit const& c) { commits.push_back(c); });
    return {};
  }
  void open() {
    auto const opened = try_open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void close() {
    if (!state) return;
    state->stop();
    loop.restart();
    loop.poll();
    state.reset();
  }
  void reopen() {
    close();
    open();
  }

  // From here on a copy of this folder (of a store that is closed) is used.
  void use_copy_of(std::string const& original, std::string const& name) {
    options.folder = folder / name;
    std::filesystem::copy(original, options.folder);
    std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all);
  }

  // Begins it without waiting; `then` is called with its outcome.
  template <class T>
  void begin(task<T> asked, std::function<void(result<T>)> then) {
    asio::co_spawn(loop.get_executor(), std::move(asked), [then](std::exception_ptr e, result<T> given) {
      if (e) std::rethrow_exception(e);
      then(std::move(given));
    });
  }
  // Runs the loop until nothing is left to do.
  void drain() {
    loop.restart();
    loop.run_for(std::chrono::seconds{20});
  }

  // The outcome, whatever it is.
  template <class T>
  result<T> outcome(task<T> asked) {
    return run_coroutine<result<T>>(loop, std::move(asked));
  }
  // The value; anything else fails the test.
  template <class T>
  T get(task<T> asked) {
    auto given = outcome(std::move(asked));
    if (!given) throw std::runtime_error("unexpected: " + given.error().reason + ": " + given.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*given);
  }
  template <class T>
  error get_error(task<T> asked) {
    auto given = outcome(std::move(asked));
    if (given) throw std::runtime_error("a failure was expected");
    return given.error();
  }

  deployment put(spec wanted) { return get(state->deployments().put(std::move(wanted), false, at(0))).now; }
  run accept(std::string name, run_kind kind = run_kind::deploy, std::optional<run_id> under_way = std::nullopt) {
    return get(state->runs().accept(deployment_name{std::move(name)}, kind, std::nullopt, std::move(under_way), at(1)))
        .accepted;
  }
  std::vector<std::string> messages(std::string name) {
    std::vector<std::string> all;
    for (auto const& e : get(state->events().after(deployment_name{std::move(name)}, 0, 10'000)))
      all.push_back(e.message);
    return all;
  }

  temp_folder folder{temp_folder::place::memory};
  faulty_vfs disk;
  asio::io_context loop{1};
  store_options options;
  store_tuning tuning;
  std::unique_ptr<store> state;
  std::vector<commit> commits;
  std::vector<error> fatal;
};

}  // namespace krane::test
