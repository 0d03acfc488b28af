#pragma once
// What the programs of a container listen on, for the message when nothing answers where it should.
// Source: proc(5), /proc/[pid]/net/tcp, tcp6, udp and udp6.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krane {

// "127.0.0.1:8080", "0.0.0.0:80", "[::]:443" of each socket that listens, out of the text of such a file, but for the
// engine's own name server at 127.0.0.11. What cannot be read is left out.
// `udp`: those that wait for datagrams of anybody, as "0.0.0.0:53/udp".
enum class listener_kind { tcp, udp };
std::vector<std::string> parse_listeners(std::string_view proc_net, listener_kind of = listener_kind::tcp);

// Of the network that a process of this machine is in; no value if that cannot be looked at: it is gone, or not ours to
// see, or on another machine.
std::optional<std::vector<std::string>> listeners_of(int pid);

}  // namespace krane
