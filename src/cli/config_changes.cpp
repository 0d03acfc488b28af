#include "cli/config_changes.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <string_view>

#include "cli/safe_text.hpp"
#include "cli/yaml_writer.hpp"

namespace krane::cli {

boost::json::object config_of(boost::json::value const& answered) {
  boost::json::object out;
  auto const* const all = answered.if_object();
  if (all == nullptr) return out;
  for (auto const& [key, value] : *all)
    if (!value.is_string() || !value.get_string().empty()) out[key] = value;
  return out;
}

std::string one_line(boost::json::value const& from) {
  return from.is_string() ? yaml_scalar(std::string_view(from.get_string())) : boost::json::serialize(from);
}

std::string changes_text(std::vector<config_change> const& changes) {
  std::string out;
  for (config_change const& one : changes) {
    if (one.before) out += fmt::format("- {}: {}\n", printable(one.key), printable(one_line(*one.before)));
    if (one.after) out += fmt::format("+ {}: {}\n", printable(one.key), printable(one_line(*one.after)));
  }
  return out;
}

std::vector<config_change> without_environment_values(std::vector<config_change> changes) {
  for (config_change& one : changes) {
    if (!one.key.starts_with("environment.")) continue;
    if (one.before) one.before = "…";
    if (one.after) one.after = "…";
  }
  return changes;
}

}  // namespace krane::cli
