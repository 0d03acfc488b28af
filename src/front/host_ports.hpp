#pragma once
// Whether a port of this machine can be opened, and if not, who has it.
//
// Threads: any. Failure: as front.hpp's port_in_use, port_not_allowed, address_not_available.
// Source: proc(5): /proc/net/tcp, /proc/pid/fd.
#include <string>

#include "base/result.hpp"
#include "model/spec.hpp"

namespace krane {

// Opens it for a moment, without listening.
result<void> try_host_port(std::string const& address, port host);

// "nginx (process 812)", or "another program" where that cannot be seen.
std::string holder_of(port host);

}  // namespace krane
