#pragma once
// What a secret is called, and where a deployment asks for one.
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/service_config.hpp"

namespace krane {

// Letters, digits, _, . and -, a letter or _ first; at most 128.
bool is_secret_key(std::string_view text);

struct secret_reference {
  std::string path;  // "config.environment.DB_PASSWORD", "config.secrets[0]"
  std::string key;
};
// One for each place, in the order of the fields.
std::vector<secret_reference> secret_references(service_config const& of);
// Those that its containers are given, which belong to a release. A registry's password is not among them: a pull takes
// the newest, since an older one may be good no more.
std::set<std::string> container_secret_keys(service_config const& of);

}  // namespace krane
