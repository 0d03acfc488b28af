#pragma once
// Tells systemd, or whatever set NOTIFY_SOCKET, how we are: "READY=1", "STOPPING=1", "RELOADING=1".
// Source: sd_notify(3); the protocol is one datagram, which needs no library.
#include <string>
#include <string_view>

namespace krane {

// Without NOTIFY_SOCKET nothing happens; a socket that cannot be written to is logged.
void notify_supervisor(std::string_view state);

}  // namespace krane
