#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "front/managed_haproxy.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using haproxy::held_port;
using haproxy::is_nowhere;
using haproxy::port_table;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds longest_wait_for_quiet = default_hold;
constexpr milliseconds look_for_quiet_every{50};

std::string address_of(front_target const& to) {
  return is_nowhere(to) ? fmt::format("{} port {}", haproxy::nowhere_address, haproxy::nowhere_port)
                        : fmt::format("{} port {}", to.address, to.number);
}

// What leads a port as its places say; only what differs, where it is known what HAProxy was told before. Those that
// take connections come first, so that at no moment nobody does.
std::string commands_for(held_port const& now, held_port const* before) {
  std::string const proxy = haproxy::proxy_name(now.route.host);
  std::string open;
  std::string close;
  for (std::size_t at = 0; at < now.places.size(); ++at) {
    char const name = haproxy::place_name(at);
    bool const takes = takes_connections(now, at);
    bool const took = before != nullptr && takes_connections(*before, at);
    if (takes && !(took && before->places[at].to == now.places[at].to))
      open += fmt::format("set server {}/{} addr {};", proxy, name, address_of(now.places[at].to));
    if (takes && !took) open += fmt::format("set server {}/{} state ready;", proxy, name);
    // It may have been seen to refuse where it led before.
    if (takes && has_replicas(now)) open += fmt::format("set server {}/{} health up;", proxy, name);
    if (!takes && (took || before == nullptr)) close += fmt::format("set server {}/{} state maint;", proxy, name);
  }
  std::string all = open + close;
  if (!all.empty()) all.pop_back();
  return all;
}

// HAProxy answers a command that it carried out with nothing, or with what has changed.
bool was_refused(std::string_view answer) {
  for (std::string_view const sign : {"No such", "nvalid", "nknown", "equire", "annot", "ermission", "rror"})
    if (answer.find(sign) != std::string_view::npos) return true;
  return false;
}

// Where we could not look whether the port is free.
error not_opened_for_us(port host, error why) {
  if (why.reason == reason::front_refused)
    why.message = fmt::format("krane-front.service cannot open host port {}, which another program may hold: {}", host,
                              why.message);
  return why;
}

}  // namespace

task<void> haproxy_front::lead(front_route to) {
  if (obstacle_) co_return *obstacle_;
  co_return co_await uninterrupted(lead_now(std::move(to)));
}
task<semaphore::lease> haproxy_front::turn_to_reload(port closing) {
  auto const until = steady_clock::now() + longest_wait_for_quiet;
  while (true) {
    auto turn = co_await turn_.acquire();
    if (!turn || steady_clock::now() >= until) co_return turn;
    std::uint64_t all = 0;
    // What cannot be asked is no reason to wait.
    for (auto const& [host, held] : port_table(ports_))
      if (host != closing) all += (co_await waiting(host)).value_or(0);
    if (all == 0) co_return turn;
    *turn = {};
    co_await sleep_for(look_for_quiet_every);
  }
}

task<void> haproxy_front::lead_now(front_route to) {
  auto const needs_reload = [&] {
    auto const known = ports_.find(to.host);
    return known == ports_.end() || known->second.route.hold != to.hold ||
           known->second.places.size() < haproxy::places_for(to);
  };
  auto const turn = co_await (needs_reload() ? turn_to_reload(0) : turn_.acquire());
  if (!turn) co_return turn.error();
  if (auto possible = can_open(to); !possible) co_return possible;
  if (needs_reload()) {
    bool const is_new = !ports_.contains(to.host);
    port_table wanted = ports_;
    held_port& held = wanted[to.host];
    held.route.host = to.host;
    held.route.owner = to.owner;
    held.route.hold = to.hold;
    held.route.room = std::max(held.route.room, to.room);
    held.places.resize(std::max(held.places.size(), haproxy::places_for(to)));
    if (is_new) {
      held.on_ipv6 = can_hold_on_ipv6(to.host);
      lead_to(held, to.to);
    }
    if (auto opened = co_await hold_exactly(std::move(wanted)); !opened)
      co_return is_new&& is_beyond_us(to.host) ? not_opened_for_us(to.host, opened.error()) : opened.error();
    if (is_new) taken_before_[to.host].clear();
    blocked_.erase(to.host);
  }
  held_port& held = ports_.at(to.host);
  if (held.route.to == to.to) co_return result<void>{};
  co_return co_await lead_elsewhere(held, std::move(to.to));
}

task<void> haproxy_front::lead_elsewhere(held_port& held, std::vector<front_target> to) {
  held_port const before = held;
  lead_to(held, to);
  if (auto kept = process_.remember(text_of(ports_)); !kept) co_return kept;

  port const host = held.route.host;
  auto const is_new = [&](std::size_t at) {
    return held.places[at].active && held.places[at].to.container != before.places[at].to.container;
  };
  bool any_new = false;
  for (std::size_t at = 0; at < held.places.size(); ++at) any_new = any_new || is_new(at);
  if (any_new) {
    auto counted = co_await loads(host);
    for (std::size_t at = 0; at < held.places.size(); ++at) {
      if (!is_new(at)) continue;
      std::uint64_t& base = taken_before_[host][held.places[at].to.container];
      base = 0;
      if (!counted) continue;
      for (haproxy::place_load const& one : *counted)
        if (one.place == haproxy::place_name(at)) base += one.taken;
    }
  }
  co_return co_await tell_worker(commands_for(held, &before));
}

task<void> haproxy_front::tell_worker(std::string commands) {
  auto running = co_await process_.ensure_running();
  if (!running) co_return running.error();
  if (*running) co_return result<void>{};  // it started with what it was to be told
  auto all = co_await process_.look();
  if (!all) co_return all.error();
  auto const for_worker = [&](pid_t worker) {
    std::string const prefix = fmt::format("@!{} ", worker);
    std::string text = prefix;
    for (char const c : commands) text += c == ';' ? ";" + prefix : std::string(1, c);
    return text;
  };
  for (pid_t const worker : all->workers) {
    auto answer = co_await process_.ask(for_worker(worker));
    if (!answer) co_return answer.error();
    if (was_refused(*answer))
      co_return make_error(
          errc::internal, reason::front_refused,
          fmt::format("HAProxy refuses to lead connections elsewhere: {}", haproxy::words_of(*answer)));
  }
  co_return result<void>{};
}

task<void> haproxy_front::tell_targets() {
  for (auto const& [host, held] : ports_) {
    auto told = co_await tell_worker(commands_for(held, nullptr));
    if (!told) co_return told;
  }
  co_return result<void>{};
}

task<void> haproxy_front::let_go(deployment_name owner, port host) {
  if (obstacle_) co_return result<void>{};
  co_return co_await uninterrupted(let_go_now(std::move(owner), host));
}

task<void> haproxy_front::let_go_now(deployment_name owner, port host) {
  auto const turn = co_await turn_to_reload(host);
  if (!turn) co_return turn.error();
  auto const is_its = [&](port_table const& table) {
    auto const found = table.find(host);
    return found != table.end() && found->second.route.owner == owner;
  };
  if (is_its(blocked_)) blocked_.erase(host);
  if (!is_its(ports_)) co_return result<void>{};
  port_table wanted = ports_;
  wanted.erase(host);
  auto closed = co_await hold_exactly(std::move(wanted));
  if (closed) {
    connections_.forget(host);
    taken_before_.erase(host);
  }
  co_return closed;
}

}  // namespace krane
