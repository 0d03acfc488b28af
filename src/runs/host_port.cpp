#include "runs/host_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/async.hpp"
#include "base/failpoint.hpp"
#include "front/host_ports.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// HAProxy tries a waiting connection again after 200 ms at most; this is what a slow machine may add.
constexpr milliseconds through_limit{1'000};
constexpr milliseconds look_every{20};

}  // namespace

host_port::host_port(store& state, engine& docker, front& ports, run_options const& options)
    : state_(state), docker_(docker), ports_(ports), options_(options) {}

bool host_port::goes_through_front(spec const& what) const {
  if (!what.host_port || !what.container_port || ports_.obstacle()) return false;
  return what.publish.value_or(options_.publish) == publish_by::front;
}

result<void> host_port::check(spec const& what) const {
  if (goes_through_front(what)) return ports_.check(what.name, *what.host_port);
  auto const held = ports_.find_route(*what.host_port);
  if (held && held->owner == what.name) return {};
  return try_host_port(every_ipv4_address, *what.host_port);
}

task<void> host_port::check_before_run(spec what, bool busy) const {
  if (!what.host_port || !what.container_port) co_return result<void>{};
  for (deployment const* other : state_.list_deployments())
    if (other->config.name != what.name && other->config.host_port == what.host_port) co_return result<void>{};
  if (busy) co_return result<void>{};
  deployment const* const known = state_.find_deployment(what.name);
  if (known != nullptr && known->serving) {
    auto serving = co_await state_.runs().find(*known->serving);
    if (!serving) co_return serving.error();
    if (*serving && !(*serving)->through_front && (*serving)->what.host_port == what.host_port)
      co_return result<void>{};
  }
  co_return check(what);
}

std::vector<error> host_port::check_further(spec const& what, std::vector<old_release> const& old) const {
  std::vector<error> troubles;
  for (port_mapping const& one : what.service.ports) {
    bool const own = std::ranges::any_of(old, [&](old_release const& before) {
      return !before.known || before.host_port == one.host ||
             std::ranges::find(before.ports, one.host, &port_mapping::host) != before.ports.end();
    });
    if (own || one.udp) continue;
    auto const free = try_host_port(one.address.empty() ? every_ipv4_address : one.address, one.host);
    if (free) continue;
    error trouble = free.error();
    if (trouble.reason == reason::port_in_use)
      trouble.message = fmt::format("port {} (in ports) is in use by {}; choose another, or free it", one.host,
                                    holder_in_words(one, what.name));
    troubles.push_back(std::move(trouble));
  }
  return troubles;
}

std::string host_port::holder_in_words(port_mapping const& wanted, deployment_name const& by) const {
  if (auto const held = wanted.udp ? std::nullopt : ports_.find_route(wanted.host))
    return held->owner == by ? "its own host_port until now, which is let go only by a deploy without it"
                             : fmt::format("deployment {} (its host_port)", held->owner.str());
  for (deployment const* other : state_.list_deployments()) {
    // Others have it in their config, and not on this machine.
    bool const runs = other->serving && other->status != deployment_status::stopped;
    if (!runs || other->config.name == by) continue;
    std::string const name = other->config.name.str();
    if (!wanted.udp && other->config.host_port == wanted.host)
      return fmt::format("deployment {} (its host_port)", name);
    for (port_mapping const& one : other->config.service.ports)
      if (one.host == wanted.host && one.udp == wanted.udp) return fmt::format("deployment {} (its ports)", name);
  }
  return holder_of(wanted.host);
}

std::string host_port::conflict_in_words(spec const& what, std::string const& engines_words) const {
  // "Bind for 0.0.0.0:9090 failed: port is already allocated"
  auto const is_named = [&](port host) {
    std::string const text = fmt::format(":{}", host);
    auto const at = engines_words.find(text);
    if (at == std::string::npos) return false;
    auto const after = at + text.size();
    return after == engines_words.size() || engines_words[after] < '0' || engines_words[after] > '9';
  };
  for (port_mapping const& one : what.service.ports)
    if (is_named(one.host))
      return fmt::format("port {} (in ports) is in use by {}; choose another, or free it ({})", one.host,
                         holder_in_words(one, what.name), engines_words);
  if (what.host_port)
    return fmt::format("host port {} is in use by {}; free it, or choose another host_port ({})", *what.host_port,
                       holder_in_words({.host = *what.host_port}, what.name), engines_words);
  return engines_words;
}

front_route host_port::route_of(run const& r, std::vector<front_target> to) const {
  return {.host = *r.what.host_port,
          .owner = r.what.name,
          .hold = r.what.hold.value_or(default_hold),
          .to = std::move(to),
          .room = r.replicas()};
}

task<front_target> host_port::target_of(run const& r, std::uint32_t replica) {
  front_target to{r.container(replica).value_or(container_id{}), {}, *r.what.container_port};
  if (to.container.str().empty()) co_return to;
  auto there = co_await docker_.find_container(to.container.str());
  if (!there) co_return there.error();
  if (!*there || (*there)->status != "running") co_return to;
  auto const address = (*there)->addresses.find(options_.network);
  if (address != (*there)->addresses.end()) to.address = address->second;
  co_return to;
}

task<void> host_port::open(run r) {
  if (r.replica == 0) ports_.start_tally(*r.what.host_port);
  auto const held = ports_.find_route(*r.what.host_port);
  if (!held || held->owner != r.what.name) co_return co_await ports_.lead(route_of(r, {}));
  front_route roomier = *held;
  roomier.room = std::max(held->room, std::size_t{r.replicas()});
  co_return co_await ports_.lead(std::move(roomier));
}

task<void> host_port::hold(run r) {
  ports_.start_tally(*r.what.host_port);
  if (!ports_.find_route(*r.what.host_port)) co_return result<void>{};
  co_return co_await ports_.lead(route_of(r, {}));
}

task<run_traffic> host_port::switch_over(run r) {
  port const host = *r.what.host_port;
  std::vector<front_target> to;
  for (std::uint32_t replica = 0; replica <= r.replica; ++replica) {
    auto one = co_await target_of(r, replica);
    if (!one) co_return one.error();
    if (replica == r.replica && one->address.empty())
      co_return make_error(
          errc::conflict, reason::container_exited,
          fmt::format("container {} stopped before connections could be led to it", r.container_name(replica)));
    to.push_back(std::move(*one));
  }
  // Those of the release before it that have not given way.
  auto const held = ports_.find_route(host);
  for (std::size_t n = r.replica + 1; held && r.replica + 1 < r.replicas() && n < r.replaced.size(); ++n)
    for (front_target const& old : held->to)
      if (old.container == r.replaced[n]) to.push_back(old);
  std::uint64_t wait_now = 0;
  if (auto waiting = co_await ports_.waiting(host)) wait_now = *waiting;
  auto const through = [&](front_tally const& t) { return t.held + t.refused; };
  auto before = co_await ports_.tally(host);
  if (auto led = co_await ports_.lead(route_of(r, std::move(to))); !led) co_return led.error();
  failpoint("switch_over.led");
  auto const until = steady_clock::now() + through_limit;
  while (before && wait_now > 0 && steady_clock::now() < until) {
    auto const now = co_await ports_.tally(host);
    // A client may have gone away instead.
    if (!now || through(*now) >= through(*before) + wait_now) break;
    co_await sleep_for(look_every);
  }
  co_return co_await sum(std::move(r));
}

task<run_traffic> host_port::sum(run r) {
  run_traffic seen = r.traffic.value_or(run_traffic{});
  auto tally = co_await ports_.tally(*r.what.host_port);
  if (!tally) co_return tally.error();
  // After a restart of this server the front's tally begins anew.
  std::uint64_t taken = 0;
  for (auto const& [container, connections] : tally->taken)
    if (std::ranges::find(r.containers, container) != r.containers.end()) taken += connections;
  seen.switched = std::max(seen.switched, taken);
  seen.held = std::max(seen.held, tally->held);
  seen.longest_wait_ms = std::max(seen.longest_wait_ms, static_cast<std::uint64_t>(tally->longest_wait.count()));
  seen.refused = std::max(seen.refused, tally->refused);
  co_return seen;
}

task<run_traffic> host_port::drain(run r, std::vector<container_id> all_old, std::chrono::seconds grace) {
  run_traffic seen = r.traffic.value_or(run_traffic{});
  auto const until = steady_clock::now() + grace;
  for (container_id const& old : all_old) {
    std::uint64_t most = 0;
    std::uint64_t open = 0;
    do {
      auto now = co_await ports_.open_connections(*r.what.host_port, old);
      if (!now) co_return now.error();
      open = *now;
      most = std::max(most, open);
      if (open > 0) co_await sleep_for(look_every);
    } while (open > 0 && steady_clock::now() < until);
    seen.drained += most - open;
    if (open == 0) continue;
    // Left open they would freeze with a container that is paused, and nobody would be told.
    auto const closed = co_await ports_.close_connections(*r.what.host_port, old);
    if (!closed) co_return closed.error();
    seen.cut += *closed;
  }
  co_return seen;
}

task<void> host_port::settle(deployment_name name) {
  std::optional<run> serving;
  deployment const* const now = state_.find_deployment(name);
  if (now != nullptr && now->serving) {
    auto found = co_await state_.runs().find(*now->serving);
    if (!found) co_return found.error();
    serving = std::move(*found);
  }
  bool const has_port = serving && serving->through_front;
  for (front_route const& one : ports_.routes()) {
    if (one.owner != name || (has_port && one.host == serving->what.host_port)) continue;
    if (auto gone = co_await ports_.let_go(name, one.host); !gone) co_return gone;
  }
  if (!has_port) co_return result<void>{};
  std::vector<front_target> to;
  for (std::uint32_t replica = 0; replica < serving->replicas(); ++replica) {
    auto one = co_await target_of(*serving, replica);
    if (!one) co_return one.error();
    // One that is not made yet is nowhere to go.
    if (!one->container.str().empty()) to.push_back(std::move(*one));
  }
  co_return co_await ports_.lead(route_of(*serving, std::move(to)));
}

bool host_port::may_serve(deployment_name const& name) const {
  deployment const* const now = state_.find_deployment(name);
  return now != nullptr && now->status != deployment_status::deleting && now->status != deployment_status::stopped;
}

task<std::vector<deployment_name>> host_port::owners_of_strays(
    std::function<bool(deployment_name const&)> is_busy) const {
  std::vector<deployment_name> found;
  for (front_route const& one : ports_.routes()) {
    if (is_busy(one.owner)) continue;
    deployment const* const of = state_.find_deployment(one.owner);
    bool wanted = may_serve(one.owner) && of->serving;
    // What serves may have been deployed with another port than a deploy would have now.
    if (wanted && of->config.host_port != one.host) {
      auto serving = co_await state_.runs().find(*of->serving);
      if (!serving) co_return serving.error();
      wanted = *serving && (*serving)->through_front && (*serving)->what.host_port == one.host;
    }
    if (!wanted) found.push_back(one.owner);
  }
  co_return found;
}

task<void> host_port::tidy(deployment_name name) {
  if (may_serve(name)) co_return co_await settle(std::move(name));
  co_return co_await let_go(std::move(name));
}

task<void> host_port::let_go(deployment_name name) {
  for (front_route const& one : ports_.routes())
    if (one.owner == name)
      if (auto gone = co_await ports_.let_go(name, one.host); !gone) co_return gone;
  co_return result<void>{};
}

task<void> host_port::adopt(std::vector<run> serving, std::vector<run> unfinished) {
  if (ports_.obstacle()) co_return result<void>{};
  std::vector<front_route> wanted;
  auto const add = [&](run const& r, std::vector<container_id> const& containers) {
    if (!r.through_front || !r.what.host_port || !r.what.container_port) return;
    if (std::ranges::find(wanted, *r.what.host_port, &front_route::host) != wanted.end()) return;
    std::vector<front_target> to;
    for (container_id const& one : containers)
      if (!one.str().empty()) to.push_back({one, {}, *r.what.container_port});
    wanted.push_back(route_of(r, std::move(to)));
  };
  for (run const& r : serving) {
    if (may_serve(r.what.name)) add(r, r.containers);
  }
  for (run const& r : unfinished)
    if (r.kind == run_kind::deploy && r.step != run_step::accepted && r.step != run_step::pulled) add(r, {});
  co_return co_await ports_.adopt(std::move(wanted));
}

task<void> host_port::follow(container_id container, std::string address) {
  if (container.str().empty()) co_return result<void>{};
  for (front_route one : ports_.routes()) {
    auto const its = std::ranges::find(one.to, container, &front_target::container);
    if (its == one.to.end() || its->address == address) continue;
    its->address = address;
    if (auto led = co_await ports_.lead(std::move(one)); !led) co_return led;
  }
  co_return result<void>{};
}

}  // namespace krane
