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

constexpr std::string_view remark = "# krane ";

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
};
BOOST_DESCRIBE_STRUCT(remembered_port, (), (host, owner, hold_ms, places, active))

std::string remark_of(held_port const& p) {
  remembered_port kept{
      .host = p.route.host, .owner = p.route.owner.str(), .hold_ms = p.route.hold.count(), .places = {}, .active = {}};
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
  return fmt::format("  server {} {}:{}{}\n", place_name(at), is_nowhere(to) ? nowhere_address : to.address,
                     is_nowhere(to) ? nowhere_port : to.number, takes_connections(p, at) ? "" : " disabled");
}

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
      options.connections, options.log_socket, try_every.count());
  if (ports.empty()) text += fmt::format("frontend idle\n  bind unix@{} mode 600\n", options.idle_socket);
  for (auto const& [host, p] : ports) {
    auto const tries = std::max<std::int64_t>(0, (p.route.hold + try_every - milliseconds{1}) / try_every);
    text += fmt::format("{}{}\nlisten {}\n  bind {}:{}\n  retries {}\n", remark, remark_of(p), proxy_name(host),
                        options.address, host, tries);
    for (std::size_t at = 0; at < p.places.size(); ++at) text += server_line(p, at);
  }
  return text;
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
