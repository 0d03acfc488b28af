#include "schema_check.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

namespace krane::test {
namespace {

using boost::json::value;

bool has_type(value const& v, std::string_view type) {
  if (type == "object") return v.is_object();
  if (type == "array") return v.is_array();
  if (type == "string") return v.is_string();
  if (type == "boolean") return v.is_bool();
  if (type == "integer") return v.is_int64() || v.is_uint64();
  throw std::runtime_error("the document uses a type that this check does not know: " + std::string(type));
}

void check_object(boost::json::object const& object, boost::json::object const& schema, value const& document,
                  std::string const& path, std::vector<std::string>& faults) {
  auto const* const properties = schema.if_contains("properties");
  if (auto const* const required = schema.if_contains("required"))
    for (auto const& name : required->as_array())
      if (!object.contains(name.as_string())) faults.push_back(path + " lacks " + std::string(name.as_string()));
  for (auto const& [name, member] : object) {
    auto const* const known = properties == nullptr ? nullptr : properties->as_object().if_contains(name);
    if (known != nullptr) {
      auto more = schema_faults(member, *known, document, path + "." + std::string(name));
      faults.insert(faults.end(), more.begin(), more.end());
    } else if (schema.contains("additionalProperties")) {
      faults.push_back(path + " has the undocumented " + std::string(name));
    }
  }
}

value const& target_of(std::string_view ref, value const& document) {
  value const* at = &document;
  ref.remove_prefix(2);  // "#/"
  while (!ref.empty()) {
    auto const slash = std::min(ref.find('/'), ref.size());
    at = &at->at(ref.substr(0, slash));
    ref.remove_prefix(std::min(slash + 1, ref.size()));
  }
  return *at;
}

}  // namespace

std::vector<std::string> schema_faults(value const& v, value const& schema_value, value const& document,
                                       std::string const& path) {
  auto const& schema = schema_value.as_object();
  if (auto const* const ref = schema.if_contains("$ref"))
    return schema_faults(v, target_of(ref->as_string(), document), document, path);
  std::vector<std::string> faults;
  if (auto const* const constant = schema.if_contains("const"); constant != nullptr && *constant != v)
    faults.push_back(path + " is not " + boost::json::serialize(*constant));
  if (auto const* const allowed = schema.if_contains("enum")) {
    if (std::ranges::find(allowed->as_array(), v) == allowed->as_array().end())
      faults.push_back(path + " is none of " + boost::json::serialize(*allowed));
  }
  auto const* const type = schema.if_contains("type");
  if (type == nullptr) return faults;
  if (!has_type(v, type->as_string())) {
    faults.push_back(path + " is no " + std::string(type->as_string()) + ": " + boost::json::serialize(v));
    return faults;
  }
  if (v.is_object()) check_object(v.get_object(), schema, document, path, faults);
  if (auto const* const items = schema.if_contains("items"); items != nullptr && v.is_array()) {
    for (std::size_t i = 0; i < v.get_array().size(); ++i) {
      auto more = schema_faults(v.get_array()[i], *items, document, path + "[" + std::to_string(i) + "]");
      faults.insert(faults.end(), more.begin(), more.end());
    }
  }
  return faults;
}

}  // namespace krane::test
