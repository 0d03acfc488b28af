#pragma once
// What HAProxy says, read: the answers of its command socket, its log of connections, and its own words for what is
// wrong.
//
// Source: HAProxy 2.6 management guide, "Statistics and monitoring"; configuration manual, "Logging".
// Threads: any; no I/O.
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/spec.hpp"

namespace krane::haproxy {

// "show proc"
struct processes {
  pid_t master = 0;
  std::uint64_t reloads = 0;         // that succeeded
  std::uint64_t failed_reloads = 0;  // since the last that succeeded
  std::vector<pid_t> workers;        // the present one
  std::vector<pid_t> old_workers;    // these only finish what they have
  friend bool operator==(processes const&, processes const&) = default;
};
result<processes> parse_processes(std::string_view text);

// One line of "show stat": a place of a proxy, or all of it with the connections that wait for a place.
inline constexpr char whole_proxy = '*';
struct place_load {
  std::string proxy;
  char place = 'a';         // or whole_proxy
  std::uint64_t open = 0;   // connections now
  std::uint64_t taken = 0;  // connections ever
  friend bool operator==(place_load const&, place_load const&) = default;
};
std::vector<place_load> parse_loads(std::string_view csv);

// "show sess": the names of the connections from this proxy to this place.
std::vector<std::string> parse_sessions(std::string_view text, std::string_view proxy, char place);

// A connection that did not go the usual way.
struct unusual_connection {
  port host = 0;
  std::chrono::milliseconds waited{0};
  bool refused = false;  // no container took it
  friend bool operator==(unusual_connection const&, unusual_connection const&) = default;
};
std::optional<unusual_connection> parse_connection(std::string_view log_line);

// The sentences of its alerts, without marks and prefixes; all of its text if there are none.
std::string words_of(std::string_view output);

}  // namespace krane::haproxy
