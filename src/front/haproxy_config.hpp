#pragma once
// HAProxy's configuration file. Each port is a proxy whose servers are the port's places. Nothing in the file is
// anybody's text: names and addresses are checked before they get here.
//
// Source: HAProxy 2.6 configuration manual; the directives' reasons are in docs/architecture.md.
// Threads: any; no I/O.
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "front/front.hpp"
#include "front/haproxy_places.hpp"

namespace krane::haproxy {

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

// What HAProxy answers to "show info" while it works with this text, as far as only a reload changes it; empty if the
// text has none, as that of an earlier version.
std::string_view mark_of(std::string_view text);

// "p9002", as proxies are named.
std::string proxy_name(port host);

}  // namespace krane::haproxy
