#include <fmt/format.h>

#include <chrono>

#include "base/log.hpp"
#include "front/child_process.hpp"
#include "front/managed_haproxy.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_every{1'000};
constexpr milliseconds start_again_every{200};
constexpr int missed_answers = 2;
constexpr std::chrono::seconds try_beyond_us_every{30};

}  // namespace

coroutine<void> haproxy_front::watch() {
  int missed = 0;
  while (true) {
    if (ports_.empty() && blocked_.empty()) {
      // A service manager's is needed before there is a port, and that it is missing is to be known by then.
      if (!process_.options().started_by_us) (void)co_await process_.look();
      co_await (process_.options().started_by_us ? changed_.wait() : changed_.wait_for(look_every));
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
    if (!told_of_absence_)
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
  if (!running && co_await process_.is_gone() && leave_out_taken(ports_)) {
    // One port that somebody else took meanwhile must not keep the others closed.
    if (auto kept = process_.remember(text_of(ports_)); !kept) log::error("front", kept.error().message);
    if (ports_.empty() && process_.options().started_by_us) co_return;
    running = co_await process_.ensure_running();
  }
  if (running && !*running && !(co_await process_.works_with(text_of(ports_))).value_or(true)) {
    auto reloaded = co_await process_.reload();
    if (!reloaded) running = reloaded.error();
  }
  if (running) {
    log::info("front", "HAProxy holds the host ports again");
    told_of_absence_ = false;
    co_return;
  }
  if (!told_of_absence_) log::error("front", running.error().message);
  told_of_absence_ = true;
  co_await sleep_for(start_again_every);
}

coroutine<void> haproxy_front::retry_blocked() {
  std::vector<front_route> free;
  bool const tries_all = steady_clock::now() >= try_beyond_us_at_;
  for (auto const& [host, held] : blocked_)
    if ((tries_all || !is_beyond_us(host)) && can_hold(host)) free.push_back(held.route);
  // HAProxy restarts itself for each try.
  if (tries_all && !free.empty()) try_beyond_us_at_ = steady_clock::now() + try_beyond_us_every;
  for (front_route const& r : free) {
    auto opened = co_await lead_now(r);
    if (opened)
      log::info("front", fmt::format("host port {} is free again and held for {}", r.host, r.owner.str()));
    else
      log::error("front", opened.error().message);
  }
}

}  // namespace krane
