#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "front/managed_haproxy.hpp"

namespace krane {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds close_limit{1'000};
constexpr milliseconds look_every{10};
constexpr std::size_t most_command_bytes = 4'096;  // of HAProxy's 16 KiB

bool leads_to(std::vector<haproxy::place> const& places, char name, container_id const& to) {
  for (std::size_t at = 0; at < places.size(); ++at)
    if (haproxy::place_name(at) == name) return places[at].to.container == to;
  return false;  // all of the proxy
}

}  // namespace

task<std::vector<haproxy::place_load>> haproxy_front::loads(port host) {
  auto all = co_await process_.look();
  if (!all) co_return all.error();
  std::vector<haproxy::place_load> found;
  std::vector<pid_t> workers = all->workers;
  workers.insert(workers.end(), all->old_workers.begin(), all->old_workers.end());
  for (pid_t const worker : workers) {
    auto answer = co_await process_.ask(fmt::format("@!{} show stat {} 6 -1", worker, haproxy::proxy_name(host)));
    // An old worker may have ended since.
    if (!answer && worker == workers.front()) co_return answer.error();
    if (!answer) continue;
    for (haproxy::place_load& one : haproxy::parse_loads(*answer)) found.push_back(std::move(one));
  }
  co_return found;
}

task<std::uint64_t> haproxy_front::open_connections(port host, container_id to) {
  auto const found = ports_.find(host);
  if (found == ports_.end()) co_return std::uint64_t{0};
  auto const places = found->second.places;
  auto all = co_await loads(host);
  if (!all) co_return all.error();
  std::uint64_t open = 0;
  for (haproxy::place_load const& one : *all)
    if (leads_to(places, one.place, to)) open += one.open;
  co_return open;
}

task<std::uint64_t> haproxy_front::close_connections(port host, container_id to) {
  auto const before = co_await open_connections(host, to);
  if (!before || *before == 0) co_return before;
  auto left = *before;
  auto const until = steady_clock::now() + close_limit;
  while (true) {
    if (auto told = co_await shut_down(host, to); !told) co_return told.error();
    auto const now = co_await open_connections(host, to);
    if (!now) co_return now.error();
    left = *now;
    if (left == 0 || steady_clock::now() >= until) break;
    co_await sleep_for(look_every);
  }
  co_return *before - std::min(*before, left);
}

task<void> haproxy_front::shut_down(port host, container_id to) {
  auto const found = ports_.find(host);
  if (found == ports_.end()) co_return result<void>{};
  auto const places = found->second.places;
  std::string const proxy = haproxy::proxy_name(host);
  auto const all = co_await process_.look();
  if (!all) co_return all.error();
  for (std::size_t at = 0; at < places.size(); ++at) {
    if (places[at].to.container != to) continue;
    for (pid_t const worker : all->workers) {
      auto answer = co_await process_.ask(
          fmt::format("@!{} shutdown sessions server {}/{}", worker, proxy, haproxy::place_name(at)));
      if (!answer) co_return answer.error();
    }
    for (pid_t const worker : all->old_workers) co_await shut_down_one_by_one(worker, proxy, haproxy::place_name(at));
  }
  co_return result<void>{};
}

coroutine<void> haproxy_front::shut_down_one_by_one(pid_t old_worker, std::string proxy, char place) {
  auto const open = co_await process_.ask(fmt::format("@!{} show sess", old_worker));
  if (!open) co_return;  // it may have ended since
  std::string commands;
  auto const names = haproxy::parse_sessions(*open, proxy, place);
  for (std::size_t n = 0; n < names.size(); ++n) {
    commands += fmt::format("{}@!{} shutdown session {}", commands.empty() ? "" : ";", old_worker, names[n]);
    if (n + 1 < names.size() && commands.size() < most_command_bytes) continue;
    if (auto told = co_await process_.ask(std::exchange(commands, {})); !told) co_return;
  }
}

task<std::uint64_t> haproxy_front::waiting(port host) {
  auto const found = ports_.find(host);
  if (found == ports_.end() || !waits(found->second)) co_return std::uint64_t{0};
  char where = haproxy::whole_proxy;
  for (std::size_t at = 0; at < found->second.places.size(); ++at)
    if (takes_connections(found->second, at)) where = haproxy::place_name(at);
  auto all = co_await loads(host);
  if (!all) co_return all.error();
  std::uint64_t waiting = 0;
  std::uint64_t served = 0;
  for (haproxy::place_load const& one : *all) {
    if (one.place == haproxy::whole_proxy) waiting += one.open;
    if (one.place != haproxy::whole_proxy && one.place != where) served += one.open;
  }
  co_return waiting - std::min(waiting, served);
}

task<front_tally> haproxy_front::tally(port host) {
  auto const seen = connections_.of(host);
  front_tally out{.taken = {}, .held = seen.held, .longest_wait = seen.longest_wait, .refused = seen.refused};
  auto const found = ports_.find(host);
  if (found == ports_.end()) co_return out;
  auto const places = found->second.places;
  auto all = co_await loads(host);
  if (!all) co_return all.error();
  for (std::size_t at = 0; at < places.size(); ++at) {
    if (!places[at].active || places[at].to.container.str().empty()) continue;
    std::uint64_t taken = 0;
    for (haproxy::place_load const& one : *all)
      if (one.place == haproxy::place_name(at)) taken += one.taken;
    // A worker that ended took its counts with it.
    auto const before = taken_before_[host][places[at].to.container];
    out.taken[places[at].to.container] = taken >= before ? taken - before : taken;
  }
  co_return out;
}

}  // namespace krane
