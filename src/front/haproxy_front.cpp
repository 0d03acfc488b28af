#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "base/log.hpp"
#include "front/child_process.hpp"
#include "front/managed_haproxy.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

using haproxy::held_port;
using haproxy::port_table;

constexpr std::size_t most_connections = 20'000;
constexpr std::size_t fewest_connections = 100;
constexpr std::size_t spare_descriptors = 600;

// A connection takes two descriptors, a port one.
std::size_t possible_connections() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  std::size_t const most = files.rlim_max == RLIM_INFINITY ? most_connections * 4 : files.rlim_max;
  if (most < spare_descriptors + fewest_connections * 2) return fewest_connections;
  return std::min(most_connections, (most - spare_descriptors) / 2);
}

// As it is compared and written: "::" for "0:0::0".
front_options with_plain_address(front_options options) {
  boost::system::error_code ec;
  auto const ip = asio::ip::make_address(options.address, ec);
  if (!ec) options.address = ip.to_string();
  return options;
}
}  // namespace

haproxy_front::haproxy_front(executor network, front_options options)
    : network_(network),
      options_(with_plain_address(std::move(options))),
      process_({options_.program.empty() ? find_program("haproxy") : options_.program, options_.folder,
                options_.start == front_start::own}),
      connections_(network),
      turn_(network, 1),
      changed_(network),
      tasks_(network) {
  if (access(process_.options().program.c_str(), X_OK) != 0) {
    obstacle_ =
        make_error(errc::unavailable, reason::front_unavailable,
                   "HAProxy is not installed, so the engine publishes host ports and they are dead for about a "
                   "second at each redeploy; install the package haproxy (2.6 or later) and restart krane-server");
    return;
  }
  auto ready = process_.prepare();
  if (ready) ready = connections_.open(process_.log_socket());
  if (!ready) obstacle_ = ready.error();
  if (obstacle_) return;
  tasks_.spawn("the front's messages", connections_.read());
  tasks_.spawn("the watch of HAProxy", watch());
}
std::string haproxy_front::text_of(port_table const& ports) const {
  return config_text({options_.address, process_.log_socket(), process_.idle_socket(), possible_connections()}, ports);
}
task<void> haproxy_front::adopt(std::vector<front_route> routes) {
  if (obstacle_) co_return *obstacle_;
  co_return co_await uninterrupted(adopt_now(std::move(routes)));
}

task<void> haproxy_front::adopt_now(std::vector<front_route> routes) {
  auto const turn = co_await turn_.acquire();
  if (!turn) co_return turn.error();
  std::string const before = process_.configuration();
  port_table const remembered = haproxy::remembered_ports(before);
  port_table wanted;
  for (front_route& r : routes) {
    held_port held;
    auto const known = remembered.find(r.host);
    if (known != remembered.end()) {
      held.places = known->second.places;
      held.on_ipv6 = known->second.on_ipv6;
      for (front_target& to : r.to) {
        auto const place = std::ranges::find_if(
            held.places, [&](haproxy::place const& one) { return one.to.container == to.container; });
        if (place != held.places.end() && to.address.empty()) to.address = place->to.address;
      }
    }
    held.places.resize(std::max(held.places.size(), haproxy::places_for(r)));
    lead_to(held, r.to);
    held.route = std::move(r);
    wanted.insert_or_assign(held.route.host, std::move(held));
  }
  co_return co_await open_all(std::move(wanted), remembered, before);
}

task<void> haproxy_front::open_all(port_table wanted, port_table remembered, std::string before) {
  bool const runs = co_await process_.runs();
  // A server that was killed may have written a configuration that nobody has taken over.
  bool const as_remembered = runs && (co_await process_.works_with(before)).value_or(false);
  // One port that somebody else took meanwhile must not keep the others closed.
  for (auto const& [host, held] : port_table(wanted)) {
    bool const known = runs && remembered.contains(host);
    bool const surely_held = known && as_remembered;
    auto const possible = surely_held ? result<void>{} : can_hold(host);
    // The processes of a service manager are not always ours to see.
    if (!possible && !(known && options_.start == front_start::unit)) {
      block(wanted, host, possible.error());
      continue;
    }
    bool const keeps_ipv6 =
        held.on_ipv6 && options_.address == every_ipv4_address && (surely_held || process_.listens_on(host));
    wanted.at(host).on_ipv6 = keeps_ipv6 || can_hold_on_ipv6(host);
  }
  if (std::string const text = text_of(wanted); runs && (co_await process_.works_with(text)).value_or(false)) {
    if (auto kept = process_.remember(text); !kept) co_return kept;
    ports_ = std::move(wanted);
    changed_.notify_all();
    co_return co_await tell_targets();
  }
  auto held = co_await hold_exactly(wanted);
  if (!held && held.error().reason == reason::front_refused) {
    bool fewer = false;
    for (auto const& [host, one] : port_table(wanted)) {
      if (!is_beyond_us(host) || (as_remembered && remembered.contains(host))) continue;
      block(wanted, host, held.error());
      fewer = true;
    }
    if (fewer) held = co_await hold_exactly(wanted);
  }
  if (!held && held.error().reason == reason::front_unavailable) {
    // What it starts with, whoever starts it, is what it is to hold.
    if (auto kept = process_.remember(text_of(wanted)); !kept) co_return kept;
    ports_ = std::move(wanted);
    changed_.notify_all();
  }
  co_return held;
}

task<void> haproxy_front::hold_exactly(port_table wanted) {
  port_table const before = haproxy::remembered_ports(process_.configuration());
  auto held = co_await hold_as_they_are(wanted);
  if (held || held.error().reason != reason::front_refused) co_return held;
  bool changed = false;
  for (auto& [host, one] : wanted) {
    auto const known = before.find(host);
    if (!one.on_ipv6 || (known != before.end() && known->second.on_ipv6)) continue;
    one.on_ipv6 = false;
    changed = true;
  }
  if (!changed) co_return held;
  co_return co_await hold_as_they_are(std::move(wanted));
}

task<void> haproxy_front::hold_as_they_are(port_table wanted) {
  if (wanted.empty() && options_.start == front_start::own) {
    // Nothing to hold needs nobody to hold it.
    ports_.clear();  // first: its end is then no surprise to the watch
    co_await process_.end();
    if (auto kept = process_.remember(text_of({})); !kept) co_return kept;
    co_return result<void>{};
  }
  std::string const before = process_.configuration();
  std::string const text = text_of(wanted);
  auto taken = co_await process_.configure(text);
  if (!taken) co_return taken;
  auto running = co_await process_.ensure_running();
  if (!running)
    taken = running.error();
  else if (!*running && !(co_await process_.works_with(text)).value_or(false))
    taken = co_await process_.reload();
  if (!taken) {
    // What it starts with when it has to is what it holds now.
    auto kept = process_.remember(before.empty() ? text_of(ports_) : before);
    if (!kept) log::error("front", kept.error().message);
    co_return taken;
  }
  ports_ = std::move(wanted);
  changed_.notify_all();
  co_return result<void>{};
}
std::optional<front_route> haproxy_front::find_route(port host) const {
  auto const found = ports_.find(host);
  return found == ports_.end() ? std::nullopt : std::optional(found->second.route);
}

std::vector<front_route> haproxy_front::routes() const {
  std::vector<front_route> all;
  for (auto const& [host, held] : ports_) all.push_back(held.route);
  return all;
}
std::unique_ptr<front> make_haproxy_front(executor network, front_options options) {
  return std::make_unique<haproxy_front>(network, std::move(options));
}

}  // namespace krane
