#include "front/haproxy_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/describe/class.hpp>

#include "base/json.hpp"

namespace krane::haproxy {
namespace {

using std::chrono::milliseconds;

// A connection that was refused, or not answered within this, is tried again after as long.
constexpr milliseconds try_every{200};

// Among several a server that refuses is passed by at once, and tried again only after a while. Refused a connection,
// it counts as down and is connected to as often as a waiting connection would be, until it accepts; while it is up
// nobody looks at it, so that no program sees connections that nobody made.
constexpr std::string_view until_it_refuses =
    " check inter 24h fastinter 200ms downinter 200ms fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down";
// Takes the connections while all are down: it always refuses, and thereby lets them wait.
constexpr std::string_view waiting_room = "hold";

constexpr std::string_view remark = "# krane ";
constexpr std::string_view description = "  description krane ";

struct remembered_target {
  static constexpr bool json_defaults = true;
  std::string container;
  std::string address;
  port number = 0;
  bool active = false;
};
BOOST_DESCRIBE_STRUCT(remembered_target, (), (container, address, number, active))

struct remembered_port {
  static constexpr bool json_defaults = true;
  port host = 0;
  std::string owner;
  std::int64_t hold_ms = 0;
  std::vector<remembered_target> places;
  std::optional<std::uint32_t> active;  // as it was written when one place only could be: which
  bool ipv6 = false;
};
BOOST_DESCRIBE_STRUCT(remembered_port, (), (host, owner, hold_ms, places, active, ipv6))

std::string remark_of(held_port const& p) {
  remembered_port kept{.host = p.route.host,
                       .owner = p.route.owner.str(),
                       .hold_ms = p.route.hold.count(),
                       .places = {},
                       .active = {},
                       .ipv6 = p.on_ipv6};
  for (place const& one : p.places)
    kept.places.push_back({one.to.container.str(), one.to.address, one.to.number, one.active});
  return to_json_text(kept);
}

std::optional<held_port> port_of(std::string_view text) {
  auto document = parse_json(text);
  if (!document) return std::nullopt;
  auto kept = decode<remembered_port>(*document, unknown_keys::ignore);
  if (!kept || kept->host == 0 || kept->places.size() < 2 || kept->places.size() > most_places) return std::nullopt;
  held_port out;
  out.route.host = kept->host;
  out.route.owner = deployment_name{kept->owner};
  out.route.hold = milliseconds{kept->hold_ms};
  out.route.room = kept->places.size() - 1;
  out.on_ipv6 = kept->ipv6;
  out.places.resize(kept->places.size());
  for (std::size_t i = 0; i < kept->places.size(); ++i) {
    remembered_target const& one = kept->places[i];
    front_target to{container_id{one.container}, one.address, one.number};
    out.places[i] = {to, one.active || kept->active == i};
    if (out.places[i].active && to != front_target{}) out.route.to.push_back(std::move(to));
  }
  return out;
}

std::string server_line(held_port const& p, std::size_t at) {
  front_target const& to = p.places[at].to;
  return fmt::format("  server {} {}:{}{}{}\n", place_name(at), is_nowhere(to) ? nowhere_address : to.address,
                     is_nowhere(to) ? nowhere_port : to.number, has_replicas(p) ? until_it_refuses : "",
                     takes_connections(p, at) ? "" : " disabled");
}

// "::" is everything, IPv4 too, whatever the machine's own habit.
std::string bind_lines(std::string const& address, held_port const& p) {
  bool const is_ipv6 = address.find(':') != std::string::npos;
  std::string lines = is_ipv6 ? fmt::format("  bind [{}]:{}{}\n", address, p.route.host, address == "::" ? " v4v6" : "")
                              : fmt::format("  bind {}:{}\n", address, p.route.host);
  // A socket of its own: the one for IPv4 is then the same with and without it, and is taken over.
  if (p.on_ipv6) lines += fmt::format("  bind [::]:{} v6only\n", p.route.host);
  return lines;
}

std::int64_t tries_of(held_port const& p) {
  auto const tries = std::max<std::int64_t>(0, (p.route.hold + try_every - milliseconds{1}) / try_every);
  // Each of several that refuses costs one, without a wait.
  return tries + static_cast<std::int64_t>(p.places.size() - 2);
}

std::string proxy_head(std::string const& address, held_port const& p) {
  return fmt::format("listen {}\n{}  retries {}\n", proxy_name(p.route.host), bind_lines(address, p), tries_of(p));
}

// What a reload changes, and nothing else does: which ports there are and how many places each has.
std::string shape_of(file_options const& options, port_table const& ports) {
  std::string shape =
      fmt::format("{} {} {} {}\n", options.address, options.log_socket, options.idle_socket, options.connections);
  for (auto const& [host, p] : ports) shape += fmt::format("{}{}\n", proxy_head(options.address, p), p.places.size());
  return shape;
}

// FNV-1a: the same wherever and whenever it is made.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (char const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Of the lines that this file's text has in every configuration; counted up when they change.
constexpr int format_version = 2;

}  // namespace

std::string proxy_name(port host) {
  return fmt::format("p{}", host);
}

std::string config_text(file_options const& options, port_table const& ports) {
  // The client for HTTPS that HAProxy has for its scripts, of which there are none, would read the certificates of all
  // the world's authorities at each start and reload: more than half of what one takes.
  std::string text = fmt::format(
      "# Written by krane-server, and written anew whenever a port or a release changes: do not edit.\n"
      "global\n"
      "{}{}-{:016x}\n"
      "  maxconn {}\n"
      "  noreuseport\n"
      "  httpclient.ssl.verify none\n"
      "  log {} len 512 format raw local0\n"
      "defaults\n"
      "  mode tcp\n"
      "  balance leastconn\n"
      "  log global\n"
      "  log-format \"conn %f %s %Tw %Tc %rc %ts\"\n"
      "  option dontlog-normal\n"
      "  option logasap\n"
      "  option redispatch 1\n"
      "  option clitcpka\n"
      "  option srvtcpka\n"
      "  timeout connect {}ms\n"
      "  timeout client 24d\n"
      "  timeout server 24d\n",
      description, format_version, hash_of(shape_of(options, ports)), options.connections, options.log_socket,
      try_every.count());
  if (ports.empty()) text += fmt::format("frontend idle\n  bind unix@{} mode 600\n", options.idle_socket);
  for (auto const& [host, p] : ports) {
    text += fmt::format("{}{}\n{}", remark, remark_of(p), proxy_head(options.address, p));
    for (std::size_t at = 0; at < p.places.size(); ++at) text += server_line(p, at);
    if (has_replicas(p)) text += fmt::format("  server {} {}:{} backup\n", waiting_room, nowhere_address, nowhere_port);
  }
  return text;
}

std::string_view mark_of(std::string_view text) {
  auto const found = text.find(description);
  if (found == std::string_view::npos) return {};
  std::string_view const mark = text.substr(found + description.size());
  return mark.substr(0, mark.find('\n'));
}

port_table remembered_ports(std::string_view text) {
  port_table ports;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    std::string_view const line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(remark)) continue;
    if (auto p = port_of(line.substr(remark.size()))) ports.insert_or_assign(p->route.host, std::move(*p));
  }
  return ports;
}

}  // namespace krane::haproxy
