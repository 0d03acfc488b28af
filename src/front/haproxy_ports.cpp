#include <fmt/format.h>

#include "base/log.hpp"
#include "front/managed_haproxy.hpp"
#include "model/reason.hpp"

namespace krane {
namespace {

constexpr port first_for_all = 1024;

}  // namespace

port_opener haproxy_front::opener() const {
  return options_.start == front_start::unit ? port_opener::privileged : port_opener::like_us;
}

bool haproxy_front::is_beyond_us(port host) const {
  return opener() == port_opener::privileged && host < first_for_all;
}

result<void> haproxy_front::check(deployment_name const& owner, port host) const {
  if (obstacle_) return *obstacle_;
  auto const held = ports_.find(host);
  if (held == ports_.end()) {
    auto const free = try_host_port(options_.address, host, opener());
    // What our own HAProxy has is ours, if it should not have it too: nobody is told to stop that.
    return free || process_.listens_on(host) ? result<void>{} : free;
  }
  if (held->second.route.owner == owner) return {};
  return make_error(errc::conflict, reason::port_in_use,
                    fmt::format("host port {} is held by the deployment {}; choose another host_port, or remove that",
                                host, held->second.route.owner.str()));
}

result<void> haproxy_front::can_open(front_route const& r) const {
  auto const blocked = blocked_.find(r.host);
  bool const was_its = blocked != blocked_.end() && blocked->second.route.owner == r.owner;
  // It was held, and is owed: what somebody has on IPv6 meanwhile must not keep IPv4 closed.
  return was_its && !ports_.contains(r.host) ? can_hold(r.host) : check(r.owner, r.host);
}

result<void> haproxy_front::can_hold(port host) const {
  auto const free = try_address(options_.address, host, opener());
  return free || process_.listens_on(host) ? result<void>{} : free;
}

bool haproxy_front::can_hold_on_ipv6(port host) const {
  return options_.address == every_ipv4_address && try_every_ipv6_address(host, opener());
}

void haproxy_front::block(haproxy::port_table& among, port host, error const& why) {
  auto const one = among.find(host);
  if (one == among.end()) return;
  log::error("front", fmt::format("{} (for the deployment {}); tried again every second", why.message,
                                  one->second.route.owner.str()));
  blocked_.insert(among.extract(one));
  changed_.notify_all();
}

bool haproxy_front::leave_out_taken(haproxy::port_table& among) {
  bool any = false;
  for (auto const& [host, held] : haproxy::port_table(among)) {
    auto const possible = can_hold(host);
    if (!possible) block(among, host, possible.error());
    bool const loses_ipv6 = possible && held.on_ipv6 && !can_hold_on_ipv6(host) && !process_.listens_on(host);
    if (loses_ipv6) among.at(host).on_ipv6 = false;
    any = any || !possible || loses_ipv6;
  }
  return any;
}

std::vector<std::string> haproxy_front::addresses(port host) const {
  std::vector<std::string> all{options_.address};
  auto const held = ports_.find(host);
  if (held != ports_.end() && held->second.on_ipv6) all.emplace_back(every_ipv6_address);
  return all;
}

std::optional<error> haproxy_front::trouble() const {
  bool const is_needed = options_.start == front_start::unit || !ports_.empty();
  return obstacle_ || !is_needed ? std::nullopt : process_.absence();
}

}  // namespace krane
