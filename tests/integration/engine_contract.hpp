#pragma once
// What tests of the contract have in common: an engine, scripted or real, and containers of the test's own in it.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/random.hpp"
#include "engine/docker_engine.hpp"
#include "engine/http_client.hpp"
#include "engine_backend.hpp"
#include "support/run_coroutine.hpp"

namespace krane::test {

using namespace std::chrono_literals;

inline constexpr char mark[] = "krane.contract";

inline image_ref image(std::string const& name, std::string const& tag, std::string const& registry = "docker.io") {
  return {.registry = registry, .repository = "krane-test/" + name, .tag = tag, .digest = {}};
}

inline coroutine<bool> eventually_true(std::function<bool()> condition) {
  for (int tries = 0; tries < 500; ++tries) {
    if (condition()) co_return true;
    co_await sleep_for(20ms);
  }
  co_return false;
}

class engine_contract : public testing::TestWithParam<backend> {
protected:
  void SetUp() override {
    if (GetParam() == backend::docker && !real_engine_address())
      GTEST_SKIP() << "KRANE_TEST_DOCKER_HOST names no Docker engine";
    world_ = std::make_unique<engine_backend>(GetParam());
    auto made = make_docker_engine(loop_.get_executor(), world_->address());
    ASSERT_TRUE(made) << made.error().message;
    docker_ = std::move(*made);
    auto const network = run(docker_->ensure_network(network_));
    ASSERT_TRUE(network) << network.error().message;
  }

  // The network is shared by the tests, and must not stay on somebody's engine.
  static void TearDownTestSuite() {
    auto const address = real_engine_address();
    if (!address) return;
    asio::io_context loop;
    docker::http_client raw(loop.get_executor(), *docker::parse_endpoint(*address), 2s);
    auto const gone =
        run_coroutine(loop, raw.call({.method = "DELETE", .target = std::string("/v1.40/networks/") + network_}), 60s);
    ASSERT_TRUE(gone) << gone.error().message;
    EXPECT_TRUE(gone->head.status == 204 || gone->head.status == 404) << gone->body;
  }

  void TearDown() override {
    if (!docker_) return;
    auto const left = run(docker_->list_containers({{mark, own_}}));
    ASSERT_TRUE(left) << left.error().message;
    for (auto const& one : *left) EXPECT_TRUE(run(docker_->remove_container(one.id)));
  }

  template <class T>
  result<T> run(task<T> work) {
    return run_coroutine(loop_, std::move(work), 60s);
  }

  bool eventually(std::function<bool()> condition) {
    return run_coroutine(loop_, eventually_true(std::move(condition)));
  }

  std::string name(std::string const& what) const { return "contract-" + what + "-" + own_; }

  // A container of a pulled image, created.
  container_id make(image_ref const& of, std::string const& what, std::optional<port> publish = {}) {
    auto const pulled = run(docker_->pull(of, {}));
    EXPECT_TRUE(pulled) << pulled.error().message;
    container_spec wanted{.name = name(what),
                          .image = of.text(),
                          .marks = {{mark, own_}, {"what", what}},
                          .network = network_,
                          .exposed = 8080,
                          .publish = {}};
    if (publish) wanted.publish = published_port{.host = *publish, .container = 8080};
    auto const made = run(docker_->create_container(wanted));
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : container_id{};
  }

  // One that is not as krane makes them.
  bool create_raw(std::string const& what, image_ref const& of, std::string const& more) {
    docker::http_client raw(loop_.get_executor(), *docker::parse_endpoint(world_->address()), 2s);
    auto const made = run(raw.call(
        {.method = "POST",
         .target = "/v1.40/containers/create?name=" + name(what),
         .body = R"({"Image":")" + of.text() + R"(","Labels":{")" + mark + R"(":")" + own_ + "\"}," + more + "}"}));
    EXPECT_TRUE(made && made->head.status == 201) << (made ? made->body : made.error().message);
    return made && made->head.status == 201;
  }

  container_details look(container_id const& id) {
    auto const found = run(docker_->find_container(id.str()));
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : container_details{};
  }

  std::string read_output(container_id const& id, log_options options) {
    auto stream = run(docker_->logs(id, options));
    EXPECT_TRUE(stream) << stream.error().message;
    std::string text;
    while (stream) {
      auto const chunk = run((*stream)->next());
      EXPECT_TRUE(chunk) << chunk.error().message;
      if (!chunk || !*chunk) break;
      text += (*chunk)->bytes;
    }
    return text;
  }

  asio::io_context loop_;
  std::string own_ = random_hex(4);
  static constexpr char network_[] = "krane-contract";
  std::unique_ptr<engine_backend> world_;
  std::unique_ptr<engine> docker_;
};

}  // namespace krane::test
