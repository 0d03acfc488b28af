#pragma once
// OpenSSH's own format of private keys, taken apart.
//
// Threads: any.
// Source: PROTOCOL.key of OpenSSH.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/key_type.hpp"

namespace krane::cli {

struct openssh_key {
  public_half known;  // without the comment where the file is encrypted
  bool is_encrypted = false;
  std::vector<std::string> parts;  // of the private half, in the order of the type; empty where it is encrypted
};

bool is_openssh_key(std::string_view text);
// errc::invalid, "no_private_key": damaged.
result<openssh_key> parse_openssh_key(std::string_view text);

}  // namespace krane::cli
