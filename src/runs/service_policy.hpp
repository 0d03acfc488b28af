#pragma once
// What deployments may ask of the server's machine. Whoever can log in may deploy, and is not trusted with root on the
// machine; so what would give that has to be allowed by the server's settings, one by one.
#include <boost/describe/enum.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/spec.hpp"

namespace krane {

enum class permission { privileged, cap_add, devices, host_network, host_pid, logging, low_ports };
BOOST_DESCRIBE_ENUM(permission, privileged, cap_add, devices, host_network, host_pid, logging, low_ports)

struct service_policy {
  std::set<permission> allowed{};           // setting "allow"
  std::vector<std::string> bind_folders{};  // setting "bind-folders": absolute; they, and what is below them
  // The lowest port of the machine that they may open: that which the front may, whoever opens it. The engine could
  // open any.
  port lowest_port = 1;
  friend bool operator==(service_policy const&, service_policy const&) = default;
};

// A fault for each thing that is not allowed, naming the setting, and each that breaks a rule of
// model/service_rules.hpp: what was stored before there was that rule is judged when its container is made. Bind mounts
// are judged by where they lead now: symbolic links on the machine are followed, and what cannot be followed is not
// allowed.
std::vector<fault> find_forbidden(spec const& wanted, service_policy const& policy);

}  // namespace krane
