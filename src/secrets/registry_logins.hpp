#pragma once
// Credentials for registries, one per host, kept in the vault as secrets of the server.
//
// Threads: the network thread.
// Failure: errc::invalid for what cannot be one, with the faults' paths; errc::not_found; what the store says.
#include <optional>
#include <string>
#include <vector>

#include "model/registry_login.hpp"
#include "secrets/vault.hpp"

namespace krane {

struct registry_info {
  std::string registry;  // host[:port]
  std::string username;
  time_point updated_at{};
};

// True: there was none for that registry.
task<bool> put_registry_login(vault& in, std::string registry, registry_login login);
task<std::vector<registry_info>> list_registry_logins(vault& in);
task<void> remove_registry_login(vault& in, std::string registry);

// For pulls from that registry, and from no other.
std::optional<registry_login> find_registry_login(vault const& in, std::string const& registry);

}  // namespace krane
