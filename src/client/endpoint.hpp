#pragma once
// Where a krane server is, as a person writes it: http://host:port, https://host:port, unix:///path, or
// ssh://user@host:port, which reaches a server that listens on the loopback of that host.
//
// Threads: any.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace krane::client {

inline constexpr std::uint16_t default_server_port = 8080;

struct endpoint {
  enum class kind { http, https, unix_socket, ssh };

  kind type = kind::http;
  std::string host = "127.0.0.1";                   // lower case, IPv6 without its brackets; unix_socket: unused
  std::uint16_t port = default_server_port;         // ssh: of its sshd, 0 if ssh's own configuration is to say
  std::string user{};                               // ssh only; empty: as ssh's own configuration says
  std::uint16_t server_port = default_server_port;  // ssh only: where the server listens on that host's loopback
  std::string path{};                               // unix_socket only

  // The one way to write it; parse_endpoint() gives the same endpoint back.
  std::string text() const;
  // What requests name as their host, and what the phrase of a login must therefore name.
  std::string authority() const;
  friend bool operator==(endpoint const&, endpoint const&) = default;
};

// Without a scheme it is http, and without a port there 8080; with http:// or https:// and without a port it is theirs.
// ssh://[user@]host[:port][/server's port]. errc::invalid for all else, a password or a path included.
result<endpoint> parse_endpoint(std::string_view text);

}  // namespace krane::client
