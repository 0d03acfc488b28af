#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "front/child_process.hpp"
#include "front/host_ports.hpp"
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
}  // namespace

haproxy_front::haproxy_front(executor network, front_options options)
    : network_(network),
      options_(std::move(options)),
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
  co_return co_await open_all(std::move(wanted), before);
}

task<void> haproxy_front::open_all(port_table wanted, std::string before) {
  bool const runs = (co_await process_.look()).has_value();
  port_table const held_now = runs ? haproxy::remembered_ports(before) : port_table{};
  // One port that somebody else took meanwhile must not keep the others closed.
  for (auto one = wanted.begin(); one != wanted.end();) {
    auto const open = held_now.contains(one->first) ? result<void>{} : try_host_port(options_.address, one->first);
    if (open) {
      ++one;
      continue;
    }
    log::error("front", fmt::format("{} (for the deployment {}); tried again every second", open.error().message,
                                    one->second.route.owner.str()));
    blocked_.insert(wanted.extract(one++));
  }
  if (!blocked_.empty()) changed_.notify_all();
  if (runs && text_of(wanted) == before) {
    ports_ = std::move(wanted);
    changed_.notify_all();
    co_return co_await tell_targets();
  }
  co_return co_await hold_exactly(std::move(wanted));
}

task<void> haproxy_front::hold_exactly(port_table wanted) {
  if (wanted.empty() && options_.start == front_start::own) {
    // Nothing to hold needs nobody to hold it.
    ports_.clear();  // first: its end is then no surprise to the watch
    co_await process_.end();
    if (auto kept = process_.remember(text_of({})); !kept) co_return kept;
    co_return result<void>{};
  }
  std::string const before = process_.configuration();
  auto taken = co_await process_.configure(text_of(wanted));
  if (!taken) co_return taken;
  auto running = co_await process_.ensure_running();
  if (!running)
    taken = running.error();
  else if (!*running)
    taken = co_await process_.reload();
  if (!taken) {
    // What it starts with when it has to is what it holds now.
    auto kept = before.empty() ? result<void>{} : process_.remember(before);
    if (!kept) log::error("front", kept.error().message);
    co_return taken;
  }
  ports_ = std::move(wanted);
  changed_.notify_all();
  co_return result<void>{};
}
result<void> haproxy_front::check(deployment_name const& owner, port host) const {
  if (obstacle_) return *obstacle_;
  auto const held = ports_.find(host);
  if (held == ports_.end()) return try_host_port(options_.address, host);
  if (held->second.route.owner == owner) return {};
  return make_error(errc::conflict, reason::port_in_use,
                    fmt::format("host port {} is held by the deployment {}; choose another host_port, or remove that",
                                host, held->second.route.owner.str()));
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
