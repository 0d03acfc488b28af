#include "cli/config_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <utility>

#include "cli/text_width.hpp"
#include "cli/yaml_writer.hpp"

namespace krane::cli {
namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

std::string one_line(boost::json::value const& from) {
  return from.is_string() ? yaml_scalar(std::string_view(from.get_string())) : boost::json::serialize(from);
}

// Objects become a field for each member.
void flatten(boost::json::object const& from, std::string const& path, fields& into) {
  for (auto const& [key, value] : from) {
    std::string const name = path.empty() ? std::string(key) : fmt::format("{}.{}", path, std::string_view(key));
    if (value.is_object() && !value.get_object().empty())
      flatten(value.get_object(), name, into);
    else
      into.emplace_back(name, one_line(value));
  }
}

fields flattened(boost::json::object& config) {
  auto const* const image = config.if_contains("image");
  bool const by_digest = image != nullptr && image->is_string() && std::string_view(image->get_string()).contains('@');
  if (!by_digest && !config.contains("tag")) config["tag"] = "latest";
  fields out;
  flatten(config, {}, out);
  return out;
}

}  // namespace

boost::json::object config_of(boost::json::value const& answered) {
  boost::json::object out;
  auto const* const all = answered.if_object();
  if (all == nullptr) return out;
  for (auto const& [key, value] : *all)
    if (!value.is_string() || !value.get_string().empty()) out[key] = value;
  return out;
}

std::vector<config_change> find_changes(boost::json::object before, boost::json::object after) {
  auto const old_fields = flattened(before);
  auto const new_fields = flattened(after);
  std::vector<config_change> out;
  for (auto const& [key, value] : old_fields) {
    auto const now = std::ranges::find(new_fields, key, &fields::value_type::first);
    if (now == new_fields.end())
      out.push_back({.key = key, .before = value, .after = {}, .removed = true});
    else if (now->second != value)
      out.push_back({.key = key, .before = value, .after = now->second});
  }
  for (auto const& [key, value] : new_fields)
    if (std::ranges::find(old_fields, key, &fields::value_type::first) == old_fields.end())
      out.push_back({.key = key, .before = {}, .after = value, .added = true});
  return out;
}

std::string changes_text(std::vector<config_change> const& changes) {
  std::string out;
  for (config_change const& one : changes) {
    if (!one.added) out += fmt::format("- {}: {}\n", printable(one.key), printable(one.before));
    if (!one.removed) out += fmt::format("+ {}: {}\n", printable(one.key), printable(one.after));
  }
  return out;
}

}  // namespace krane::cli
