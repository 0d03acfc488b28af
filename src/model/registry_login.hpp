#pragma once
#include <string>

namespace krane {

// Who krane is to a registry.
struct registry_login {
  std::string username;
  std::string password;  // or a token
  friend bool operator==(registry_login const&, registry_login const&) = default;
};

}  // namespace krane
