#pragma once
// The front on a real HAProxy; servers of the test's own stand in for containers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/log.hpp"
#include "front/command_socket.hpp"
#include "front/haproxy_answers.hpp"
#include "front/haproxy_front.hpp"
#include "model/reason.hpp"
#include "support/front_folder.hpp"
#include "support/run_coroutine.hpp"
#include "support/tagged_server.hpp"
#include "support/temp_folder.hpp"

namespace krane::test {

using namespace std::chrono_literals;

inline constexpr char local[] = "127.0.0.1";

struct front_test : testing::Test {
  front_test() {
    log::set_level(log::level::off);
    open();
  }
  ~front_test() override { close(); }

  void open(front_options options = {}) {
    if (options.address == "0.0.0.0") options.address = local;
    open_as_told(std::move(options));
  }
  void open_everywhere() { open_as_told({}); }
  void open_as_told(front_options options) {
    options.folder = folder.path();
    ports = make_haproxy_front(loop.get_executor(), std::move(options));
    ASSERT_FALSE(ports->obstacle()) << ports->obstacle()->message;
  }
  void close() {
    if (!ports) return;
    run_coroutine(loop, ports->stop());
    ports.reset();
  }

  static port free_port() { return tagged_server(local, 0, "").port(); }
  static front_target to(char const* container, tagged_server const& server) {
    return {container_id{container}, server.address(), server.port()};
  }
  front_route route(front_target target, std::chrono::milliseconds hold = 10s) {
    front_route made = route_to_all({});
    made.hold = hold;
    if (target != front_target{}) made.to.push_back(std::move(target));
    return made;
  }
  front_route route_to_all(std::vector<front_target> targets) {
    std::size_t const room = std::max<std::size_t>(1, targets.size());
    return {.host = host, .owner = deployment_name{"web"}, .to = std::move(targets), .room = room};
  }
  result<void> try_to_lead(front_route r) { return run_coroutine(loop, ports->lead(std::move(r))); }
  void lead(front_route r) {
    auto led = try_to_lead(std::move(r));
    ASSERT_TRUE(led) << led.error().message;
  }
  void adopt(std::vector<front_route> routes) {
    auto adopted = run_coroutine(loop, ports->adopt(std::move(routes)));
    ASSERT_TRUE(adopted) << adopted.error().message;
  }
  std::uint64_t open_on(char const* container) {
    auto open = run_coroutine(loop, ports->open_connections(host, container_id{container}));
    EXPECT_TRUE(open) << open.error().message;
    return open.value_or(0);
  }
  std::string answer() { return tcp_client(local, host).read(); }
  std::future<std::string> ask_beside() {
    return std::async(std::launch::async, [at = host] { return tcp_client(local, at).read(); });
  }

  template <class Condition>
  bool eventually(Condition condition) {
    auto wait = [](Condition const& holds) -> coroutine<bool> {
      for (int i = 0; i < 1'000; ++i) {
        if (holds()) co_return true;
        co_await sleep_for(10ms);
      }
      co_return false;
    };
    return run_coroutine(loop, wait(condition));
  }
  bool eventually_answers(std::string const& wanted) {
    return eventually([&] { return answer() == wanted; });
  }
  haproxy::processes processes() {
    haproxy::command_socket const commands(folder.path() + "/master.sock");
    auto text = run_coroutine(loop, commands.ask("show proc"));
    EXPECT_TRUE(text) << text.error().message;
    auto seen = haproxy::parse_processes(text.value_or(""));
    EXPECT_TRUE(seen) << seen.error().message;
    return seen.value_or(haproxy::processes{});
  }

  temp_folder files;
  front_folder folder{files / "front"};
  asio::io_context loop;
  std::unique_ptr<front> ports;
  port const host = free_port();
};

}  // namespace krane::test
