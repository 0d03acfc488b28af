#include "model/config_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace krane {
namespace {

using fields = std::vector<std::pair<std::string, boost::json::value>>;

// Objects become a field for each member.
void flatten(boost::json::object const& from, std::string const& path, fields& into) {
  for (auto const& [key, value] : from) {
    std::string const name = path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key));
    if (value.is_object() && !value.get_object().empty())
      flatten(value.get_object(), name, into);
    else
      into.emplace_back(name, value);
  }
}

fields flattened(boost::json::object& config) {
  fields out;
  if (config.empty()) return out;
  auto const* const image = config.if_contains("image");
  bool const by_digest = image != nullptr && image->is_string() && std::string_view(image->get_string()).contains('@');
  if (!by_digest && !config.contains("tag")) config["tag"] = "latest";
  flatten(config, {}, out);
  return out;
}

}  // namespace

std::vector<config_change> find_changes(boost::json::object before, boost::json::object after) {
  auto const old_fields = flattened(before);
  auto const new_fields = flattened(after);
  std::vector<config_change> out;
  for (auto const& [key, value] : old_fields) {
    auto const now = std::ranges::find(new_fields, key, &fields::value_type::first);
    if (now == new_fields.end())
      out.push_back({.key = key, .before = value, .after = {}});
    else if (now->second != value)
      out.push_back({.key = key, .before = value, .after = now->second});
  }
  for (auto const& [key, value] : new_fields)
    if (std::ranges::find(old_fields, key, &fields::value_type::first) == old_fields.end())
      out.push_back({.key = key, .before = {}, .after = value});
  return out;
}

}  // namespace krane
