#include "runs/pull_login.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/reason.hpp"
#include "secrets/registry_logins.hpp"

namespace krane {
namespace {

std::string remedy_without_login(std::string const& reason, std::string const& registry) {
  if (reason == reason::registry_auth)
    return fmt::format("krane has no login for {0}: krane registry login {0}", registry);
  if (reason == reason::registry_denied)
    return fmt::format(
        "check the image's name; krane has no login for {0}, which a private one needs: krane registry "
        "login {0}",
        registry);
  return fmt::format("krane asked without a login, and a registry often allows more with one: krane registry login {}",
                     registry);
}

// `renews`: the command that gives another password.
std::string remedy_with_login(std::string const& reason, std::string const& user, std::string const& renews) {
  if (reason == reason::registry_auth) return fmt::format("krane asked as {}; another password: {}", user, renews);
  if (reason == reason::registry_denied)
    return fmt::format("check the image's name, and whether {} may pull it, as whom krane asked", user);
  return fmt::format("krane asked as {}; wait until the registry allows more", user);
}

// By the words of the engine's own TLS client.
std::string remedy_for_trust(std::string const& words, std::string const& registry) {
  if (words.contains("unknown authority"))
    return fmt::format(
        "put the certificate of the registry's authority where the engine looks for it: "
        "/etc/docker/certs.d/{}/ca.crt",
        registry);
  if (words.contains("HTTP response to HTTPS"))
    return fmt::format("give it TLS, or add {} to insecure-registries of the engine's daemon.json", registry);
  return "the registry needs another certificate";
}

}  // namespace

result<std::optional<registry_login>> find_pull_login(vault const& in, spec const& what) {
  if (!what.service.registry_auth) return find_registry_login(in, what.registry);
  auto const& [username, key] = *what.service.registry_auth;
  auto const version = in.newest(what.name.str(), key);
  if (!version)
    return make_error(
        errc::not_found, reason::secret_missing,
        fmt::format("registry_auth asks for a secret that is not there: {}", missing_secret_text(what.name, key)));
  auto password = in.open(what.name.str(), key, *version);
  if (!password) return password.error();
  return registry_login{username, std::move(*password)};
}

error with_remedy(error why, vault const& in, spec const& what) {
  if (why.reason == reason::registry_untrusted) {
    why.message += "; " + remedy_for_trust(why.message, what.registry);
    return why;
  }
  if (why.reason != reason::registry_auth && why.reason != reason::registry_denied &&
      why.reason != reason::registry_rate_limited)
    return why;
  auto const login = find_pull_login(in, what);
  if (!login) return why;
  std::string const renews = what.service.registry_auth ? fmt::format("krane secrets set {} {}", what.name.str(),
                                                                      what.service.registry_auth->password_key)
                                                        : fmt::format("krane registry login {}", what.registry);
  why.message += "; ";
  why.message += *login ? remedy_with_login(why.reason, (*login)->username, renews)
                        : remedy_without_login(why.reason, what.registry);
  return why;
}

}  // namespace krane
