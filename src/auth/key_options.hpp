#pragma once
// What stands before a key in authorized_keys and limits it. Here it fails closed: a limit that krane cannot keep
// (command=, restrict, permitopen=, whatever it does not know) means that the key does not log in.
//
// Threads: any.
// Source: sshd(8), AUTHORIZED_KEYS FILE FORMAT.
#include <optional>
#include <string_view>

#include "auth/address_pattern.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace krane {

struct key_options {
  std::optional<time_point> expires_at;  // expiry-time=, the earliest if given twice
  std::optional<address_patterns> from;  // from=

  bool allow(time_point now, std::string_view address) const {
    return (!expires_at || now < *expires_at) && (!from || from->match(address));
  }
};

// How many characters of the line the options take: up to the first blank outside quotes. Nothing if a quote is open.
std::optional<std::size_t> options_length(std::string_view line);

// errc::invalid with the reason for which the key does not log in.
result<key_options> parse_key_options(std::string_view options);

}  // namespace krane
