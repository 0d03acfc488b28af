#pragma once
// Whether a port of this machine can be opened, and if not, who has it.
//
// Threads: any. Failure: as front.hpp's port_in_use, port_not_allowed, address_not_available.
// Source: proc(5): /proc/pid/net/tcp, if_inet6, /proc/pid/fd.
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/spec.hpp"

namespace krane {

inline constexpr char every_ipv4_address[] = "0.0.0.0";
inline constexpr char every_ipv6_address[] = "::";

// Who will open it: somebody with this process's rights, or one who may open ports below 1024 as well.
enum class port_opener { like_us, privileged };

// Opens it for a moment, without listening; for 0.0.0.0 on every IPv6 address too, where the machine has any. A port
// that only a privileged opener may open counts as free unless something is seen to listen there.
result<void> try_host_port(std::string const& address, port host, port_opener who = port_opener::like_us);
// The same on this address alone, and for 0.0.0.0 on IPv4 alone.
result<void> try_address(std::string const& address, port host, port_opener who = port_opener::like_us);
// On every IPv6 address, beside a socket that has the port on IPv4. False where the machine has no IPv6.
bool try_every_ipv6_address(port host, port_opener who = port_opener::like_us);

// "nginx (process 812)", or "another program" where that cannot be seen.
std::string holder_of(port host);
// Those that can be seen to listen on it, on any address.
std::vector<pid_t> processes_on(port host);

}  // namespace krane
