#include <fmt/format.h>

#include <chrono>

#include "base/log.hpp"
#include "front/child_process.hpp"
#include "front/host_ports.hpp"
#include "front/managed_haproxy.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_every{1'000};
constexpr milliseconds start_again_every{200};
constexpr int missed_answers = 2;

}  // namespace

coroutine<void> haproxy_front::watch() {
  int missed = 0;
  while (true) {
    if (ports_.empty() && blocked_.empty()) {
      co_await changed_.wait();
      continue;
    }
    co_await retry_blocked();
    if (ports_.empty()) {
      co_await changed_.wait_for(look_every);
      continue;
    }
    auto const seen = co_await process_.look();
    bool const ended = seen && (co_await wait_for_end(seen->master, look_every)).ended;
    if (seen && !ended) {
      auto const worker = co_await process_.ask("@1 show info");
      missed = worker ? 0 : missed + 1;
    } else {
      ++missed;
    }
    if (ports_.empty()) continue;  // let go of meanwhile
    if (!ended && missed < missed_answers) {
      if (!seen) co_await sleep_for(start_again_every);
      continue;
    }
    log::warn("front", ended ? "HAProxy, which holds the host ports, has ended; starting it again"
                             : "HAProxy, which holds the host ports, does not answer; starting it again");
    co_await bring_back();
    missed = 0;
  }
}

coroutine<void> haproxy_front::bring_back() {
  auto const turn = co_await turn_.acquire();
  if (!turn || ports_.empty()) co_return;
  auto const there = co_await process_.look();
  bool const hangs = there && !co_await process_.ask("@1 show info");
  if (hangs) co_await process_.end();
  auto running = co_await process_.ensure_running();
  if (running) {
    log::info("front", "HAProxy holds the host ports again");
    co_return;
  }
  log::error("front", running.error().message);
  co_await sleep_for(start_again_every);
}

coroutine<void> haproxy_front::retry_blocked() {
  std::vector<front_route> free;
  for (auto const& [host, held] : blocked_)
    if (try_host_port(options_.address, host)) free.push_back(held.route);
  for (front_route const& r : free) {
    auto opened = co_await lead_now(r);
    if (opened)
      log::info("front", fmt::format("host port {} is free again and held for {}", r.host, r.owner.str()));
    else
      log::error("front", opened.error().message);
  }
}

}  // namespace krane
