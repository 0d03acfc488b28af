#include "secrets/registry_logins.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/image_ref.hpp"

namespace krane {
namespace {

constexpr std::string_view prefix = "registry.";

// A host has no underscore, so that one can stand for the colon, which no key has.
std::string key_of(std::string registry) {
  std::ranges::replace(registry, ':', '_');
  return std::string(prefix) + registry;
}

std::string registry_of(std::string_view key) {
  std::string registry(key.substr(prefix.size()));
  std::ranges::replace(registry, '_', ':');
  return registry;
}

// "username\npassword": vault.hpp hides what is behind the first line.
std::string written(registry_login const& login) {
  return login.username + "\n" + login.password;
}

registry_login read(std::string const& value) {
  auto const end = value.find('\n');
  return {value.substr(0, end), value.substr(end + 1)};
}

std::vector<fault> faults_of(std::string const& registry, registry_login const& login) {
  std::vector<fault> faults;
  if (auto const host = parse_registry(registry); !host)
    faults.push_back({"registry", host.error().message});
  else if (registry.contains('_'))
    faults.push_back({"registry", "must be a host, with a port if it has one: ghcr.io, registry.example.org:5000"});
  if (login.username.empty() || login.username.contains('\n'))
    faults.push_back({"username", "must be one line, and not empty"});
  if (login.password.empty()) faults.push_back({"password", "is empty"});
  return faults;
}

}  // namespace

task<bool> put_registry_login(vault& in, std::string registry, registry_login login) {
  if (auto faults = faults_of(registry, login); !faults.empty()) co_return make_error(std::move(faults));
  auto const kept = co_await in.put({}, key_of(std::move(registry)), written(login));
  if (!kept) co_return kept.error();
  co_return kept->created;
}

task<std::vector<registry_info>> list_registry_logins(vault& in) {
  auto const all = co_await in.list({});
  if (!all) co_return all.error();
  std::vector<registry_info> out;
  for (secret_info const& one : *all) {
    if (!one.key.starts_with(prefix)) continue;
    auto const value = in.open("", one.key, one.version);
    if (!value) co_return value.error();
    out.push_back({registry_of(one.key), read(*value).username, one.updated_at});
  }
  co_return out;
}

task<void> remove_registry_login(vault& in, std::string registry) {
  std::string key = key_of(registry);
  if (!in.newest("", key))
    co_return make_error(errc::not_found,
                         fmt::format("there are no credentials for the registry \"{}\"", registry.substr(0, 100)));
  co_return co_await in.remove({}, std::move(key));
}

std::optional<registry_login> find_registry_login(vault const& in, std::string const& registry) {
  std::string const key = key_of(registry);
  auto const version = in.newest("", key);
  if (!version) return std::nullopt;
  auto const value = in.open("", key, *version);
  if (!value) return std::nullopt;
  return read(*value);
}

}  // namespace krane
