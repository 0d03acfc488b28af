#include "runs/container_secrets.hpp"

#include <utility>

#include "model/reason.hpp"
#include "model/secret_key.hpp"

namespace krane {
namespace {

error missing(run const& of, std::string const& key) {
  return make_error(errc::not_found, reason::secret_missing,
                    missing_secret_text(of.what.name, key) + ", and run the deployment again");
}

result<std::string> value_of(vault const& from, run const& of, std::string const& key) {
  auto const version = of.secret_versions.find(key);
  if (version == of.secret_versions.end()) return missing(of, key);
  return from.open(of.what.name.str(), key, version->second);
}

}  // namespace

result<std::map<std::string, std::uint64_t>> fix_secret_versions(vault const& from, run const& of) {
  std::map<std::string, std::uint64_t> fixed;
  for (std::string const& key : secret_keys(of.what.service)) {
    auto const known = of.secret_versions.find(key);
    auto const version =
        known != of.secret_versions.end() ? std::optional(known->second) : from.newest(of.what.name.str(), key);
    if (!version) return missing(of, key);
    if (auto there = from.open(of.what.name.str(), key, *version); !there) return there.error();
    fixed.emplace(key, *version);
  }
  return fixed;
}

result<std::map<std::string, std::string>> resolve_environment(vault const& from, run const& of) {
  std::map<std::string, std::string> all;
  for (auto const& [name, wanted] : of.what.service.environment) {
    if (!wanted.is_secret) {
      all.emplace(name, wanted.text);
      continue;
    }
    auto value = value_of(from, of, wanted.text);
    if (!value) return value.error();
    all.emplace(name, std::move(*value));
  }
  return all;
}

result<std::vector<container_file>> resolve_secret_files(vault const& from, run const& of) {
  std::vector<container_file> all;
  for (secret_file const& wanted : of.what.service.secrets) {
    auto value = value_of(from, of, wanted.key);
    if (!value) return value.error();
    all.push_back({wanted.file, std::move(*value)});
  }
  return all;
}

}  // namespace krane
