#pragma once
// What an authorized_keys file says: who may log in, with which limits, and which lines were left out and why. A line
// that is wrong never takes another one with it.
//
// Threads: any; a key_list never changes once it is made.
// Source: sshd(8), AUTHORIZED_KEYS FILE FORMAT.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key_options.hpp"
#include "auth/public_key.hpp"

namespace krane {

struct authorized_key {
  public_key key;
  key_options options;
  std::string comment;   // valid UTF-8, nothing that would break a line of the log
  std::size_t line = 0;  // from 1
};

struct key_list {
  static constexpr std::size_t max_keys = 256;
  static constexpr std::size_t max_bytes = 1024 * 1024;

  std::vector<authorized_key> keys;
  std::vector<std::string> warnings;  // "line 3: …"

  // Whether that key stands in the list and has not run out. (from= is for logging in only.)
  bool holds(std::string_view fingerprint, time_point now) const;
};

key_list parse_authorized_keys(std::string_view text);

}  // namespace krane
