#pragma once
// HAProxy's configuration file. Each port is a proxy with two places for a container: "a" and "b". One of them takes
// new connections; the other one keeps those that are open, or is free for the next release. Nothing in the file is
// anybody's text: names and addresses are checked before they get here.
//
// Source: HAProxy 2.6 configuration manual; the directives' reasons are in docs/architecture.md.
// Threads: any; no I/O.
#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "front/front.hpp"

namespace krane::haproxy {

struct held_port {
  front_route route;                   // `to` is where new connections go
  std::array<front_target, 2> places;  // what "a" and "b" lead to
  std::size_t active = 0;
  friend bool operator==(held_port const&, held_port const&) = default;
};
using port_table = std::map<port, held_port>;

struct file_options {
  std::string address;          // that ports are opened on
  std::string log_socket;       // where it tells of connections that waited
  std::string idle_socket;      // opened while there is no port, since it will not run with nothing to listen on
  std::size_t connections = 0;  // at once, over all ports
};

std::string config_text(file_options const& options, port_table const& ports);
// What config_text was given, read back from its remarks; those that cannot be read are left out.
port_table remembered_ports(std::string_view text);

// "p9002", as proxies are named.
std::string proxy_name(port host);
char place_name(std::size_t place);

// An address at which nothing ever listens: who is led there waits.
inline constexpr char nowhere_address[] = "127.255.255.254";
inline constexpr port nowhere_port = 1;
inline bool is_nowhere(front_target const& to) {
  return to.address.empty();
}

}  // namespace krane::haproxy
