#include "api/merge_patch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "api/spec_reader.hpp"
#include "base/json.hpp"
#include "model/service_fields.hpp"
#include "model/spec_fields.hpp"
#include "model/spec_json.hpp"

namespace krane {
namespace {

bool is_config_key(std::string_view key) {
  return find_service_field(key) != nullptr ||
         std::ranges::any_of(spec_fields(), [&](spec_field const& one) { return one.in_config && one.key == key; });
}

// The patch of "config" in the body.
result<boost::json::object> find_patch(deployment_name const& of, boost::json::value const& body) {
  auto const* const given = body.if_object();
  if (given == nullptr) return make_error({{"", "must be an object with the fields of \"config\" that change"}});
  auto const* const config = given->if_contains("config");
  if (config == nullptr) return *given;
  std::vector<fault> faults;
  if (!config->is_object()) faults.push_back({"config", "must be an object with the fields that change"});
  for (auto const& [key, value] : *given) {
    if (key == "config") continue;
    if (key != "name")
      faults.push_back({std::string(key), "does not belong beside \"config\""});
    else if (!value.is_string() || value.get_string() != of.str())
      faults.push_back({"name", fmt::format("is not to be changed; it is {}", of.str())});
  }
  if (!faults.empty()) return make_error(std::move(faults));
  return config->get_object();
}

}  // namespace

void merge_patch(boost::json::object& target, boost::json::object const& patch) {
  for (auto const& [key, value] : patch) {
    if (value.is_null()) {
      target.erase(key);
    } else if (auto const* const inner = value.if_object()) {
      auto& into = target[key];
      if (!into.is_object()) into = boost::json::object();
      merge_patch(into.get_object(), *inner);
    } else {
      target[key] = value;
    }
  }
}

result<spec> read_patched(spec const& stored, boost::json::value const& body) {
  auto const patch = find_patch(stored.name, body);
  if (!patch) return patch.error();
  auto config = config_json(stored);
  merge_patch(config, *patch);
  // A field that does not exist is told, also where it is to be taken away.
  for (auto const& [key, value] : *patch)
    if (value.is_null() && !is_config_key(key)) config[key] = nullptr;
  return read_spec(boost::json::object{{"name", stored.name.str()}, {"config", std::move(config)}});
}

}  // namespace krane
