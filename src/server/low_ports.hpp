#pragma once
// Which ports this process, and those that it starts, may open.
#include <string>

#include "model/port.hpp"

namespace krane {

// 1 with root's rights or CAP_NET_BIND_SERVICE; else where the kernel's unprivileged ports begin, 1024 as a rule.
port lowest_port_of_this_process();

// The same, by the text of /proc/self/status and of net.ipv4.ip_unprivileged_port_start.
port lowest_port(std::string const& status, std::string const& unprivileged_start);

}  // namespace krane
