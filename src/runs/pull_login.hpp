#pragma once
// As whom a deployment's image is pulled: as its config's registry_auth says, else as `krane registry login` says for
// its registry, else as nobody.
//
// Threads: the network thread.
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/registry_login.hpp"
#include "model/spec.hpp"
#include "secrets/vault.hpp"

namespace krane {

// errc::not_found, secret_missing: the secret that registry_auth names is not there.
result<std::optional<registry_login>> find_pull_login(vault const& in, spec const& what);

// Where a registry refused (registry_auth, registry_denied, registry_rate_limited), or the engine did not trust it
// (registry_untrusted): with the login that it was asked with, never its password, and what can be done. Any other
// error as it is.
error with_remedy(error why, vault const& in, spec const& what);

}  // namespace krane
