#include "model/secret_key.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace krane {
namespace {

constexpr std::size_t most_key = 128;

bool may_begin(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

bool is_secret_key(std::string_view text) {
  return !text.empty() && text.size() <= most_key && may_begin(text.front()) && std::ranges::all_of(text, [](char c) {
    return may_begin(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

std::vector<secret_reference> secret_references(service_config const& of) {
  std::vector<secret_reference> all;
  for (auto const& [name, value] : of.environment)
    if (value.is_secret) all.push_back({json_detail::member_path("config.environment", name), value.text});
  for (std::size_t i = 0; i < of.secrets.size(); ++i)
    all.push_back({json_detail::element_path("config.secrets", i), of.secrets[i].key});
  if (of.registry_auth) all.push_back({"config.registry_auth.password", of.registry_auth->password_key});
  return all;
}

std::set<std::string> container_secret_keys(service_config const& of) {
  std::set<std::string> keys;
  for (auto const& [name, value] : of.environment)
    if (value.is_secret) keys.insert(value.text);
  for (secret_file const& one : of.secrets) keys.insert(one.key);
  return keys;
}

}  // namespace krane
