#include "runs/container_secrets.hpp"

#include <utility>
#include <vector>

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
  for (std::string const& key : container_secret_keys(of.what.service)) {
    auto const known = of.secret_versions.find(key);
    auto const version =
        known != of.secret_versions.end() ? std::optional(known->second) : from.newest(of.what.name.str(), key);
    if (!version) return missing(of, key);
    if (auto there = from.open(of.what.name.str(), key, *version); !there) return there.error();
    fixed.emplace(key, *version);
  }
  return fixed;
}

result<void> give_secrets(container_spec& to, vault const& from, run const& of) {
  for (auto const& [name, wanted] : of.what.service.environment) {
    if (!wanted.is_secret) {
      to.environment.insert_or_assign(name, wanted.text);
      continue;
    }
    auto value = value_of(from, of, wanted.text);
    if (!value) return value.error();
    to.environment.insert_or_assign(name, std::move(*value));
  }
  if (!of.what.service.secrets.empty()) to.own_volumes.emplace_back(secrets_folder);
  return {};
}

task<void> put_secret_files(engine& docker, vault const& from, run const& of, container_id into) {
  if (of.what.service.secrets.empty()) co_return result<void>{};
  std::vector<container_file> files;
  for (secret_file const& wanted : of.what.service.secrets) {
    auto value = value_of(from, of, wanted.key);
    if (!value) co_return value.error();
    files.push_back({wanted.file, std::move(*value)});
  }
  co_return co_await docker.put_files(std::move(into), secrets_folder, std::move(files));
}

void hide_secrets(failure& in, scrubber const& hides) {
  if (!hides.hides_anything()) return;
  in.message = hides.clean(std::move(in.message));
  for (std::string& line : in.output) line = hides.clean(std::move(line));
}

}  // namespace krane
