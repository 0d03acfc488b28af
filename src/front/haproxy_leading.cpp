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

// HAProxy answers a command that it carried out with nothing, or with what has changed.
bool was_refused(std::string_view answer) {
  for (std::string_view const sign : {"No such", "nvalid", "nknown", "equire", "annot", "ermission", "rror"})
    if (answer.find(sign) != std::string_view::npos) return true;
  return false;
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
  auto const held_already = ports_.find(to.host);
  bool const reloads = held_already == ports_.end() || held_already->second.route.hold != to.hold;
  auto const turn = co_await (reloads ? turn_to_reload(0) : turn_.acquire());
  if (!turn) co_return turn.error();
  if (auto possible = check(to.owner, to.host); !possible) co_return possible;
  auto const known = ports_.find(to.host);
  if (known == ports_.end() || known->second.route.hold != to.hold) {
    port_table wanted = ports_;
    held_port& held = wanted[to.host];
    if (known == ports_.end()) held.places[0] = to.to;
    held.route.host = to.host;
    held.route.owner = to.owner;
    held.route.hold = to.hold;
    held.route.to = held.places[held.active];
    if (auto opened = co_await hold_exactly(std::move(wanted)); !opened) co_return opened;
    taken_before_[to.host] = 0;
    blocked_.erase(to.host);
  }
  held_port& held = ports_.at(to.host);
  if (held.route.to == to.to) co_return result<void>{};
  co_return co_await lead_elsewhere(held, std::move(to.to));
}

task<void> haproxy_front::lead_elsewhere(held_port& held, front_target to) {
  std::string const proxy = haproxy::proxy_name(held.route.host);
  // Another container gets the other place, so that what is open on the old one can be told apart.
  bool const other = held.route.to.container != to.container && !held.route.to.container.str().empty();
  std::size_t const old_place = held.active;
  std::size_t const place = other ? 1 - held.active : held.active;
  held.places[place] = to;
  held.active = place;
  held.route.to = to;
  if (auto kept = process_.remember(text_of(ports_)); !kept) co_return kept;

  if (other) {
    std::uint64_t before = 0;
    if (auto counted = co_await loads(held.route.host))
      for (haproxy::place_load const& one : *counted)
        if (one.place == haproxy::place_name(place)) before += one.taken;
    taken_before_[held.route.host] = before;
  }
  std::string commands = fmt::format("set server {}/{} addr {}", proxy, haproxy::place_name(place), address_of(to));
  if (other)
    commands += fmt::format(";set server {0}/{1} state ready;set server {0}/{2} state maint", proxy,
                            haproxy::place_name(place), haproxy::place_name(old_place));
  co_return co_await tell_worker(std::move(commands));
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
    std::string const proxy = haproxy::proxy_name(host);
    auto told = co_await tell_worker(
        fmt::format("set server {0}/{1} addr {2};set server {0}/{1} state ready;set server {0}/{3} state maint", proxy,
                    haproxy::place_name(held.active), address_of(held.route.to), haproxy::place_name(1 - held.active)));
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
