#pragma once
// Which addresses a key may be used from: the list that from="…" holds, addresses, networks (10.0.0.0/8) and globs
// (10.1.*), each perhaps negated by '!'. Names are never looked up: a positive one matches nothing, and a list with a
// negated one is refused, since what it keeps out could not be told.
//
// Threads: any; immutable.
// Source: ssh_config(5) PATTERNS, sshd(8) from=.
#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane {

// As it is written to the log and matched: IPv4 in IPv6 as IPv4, without a zone. Nothing if it is no address.
std::optional<boost::asio::ip::address> parse_address(std::string_view text);

class address_patterns {
public:
  static result<address_patterns> parse(std::string_view list);
  // One that matches, and none of the negated ones.
  bool match(std::string_view address) const;
  // Whether some pattern can only be a name, which never matches.
  bool has_names() const;

private:
  struct pattern {
    bool negated = false;
    bool is_name = false;
    std::string glob;  // in lower case; empty: a network
    std::optional<boost::asio::ip::address> network;
    unsigned prefix = 0;
  };
  static result<pattern> parse_one(std::string_view text);
  static bool matches(pattern const& one, boost::asio::ip::address const& address, std::string const& text);

  std::vector<pattern> patterns_;
};

}  // namespace krane
