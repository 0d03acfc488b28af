#include "cli/spec_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "model/service_fields.hpp"
#include "model/spec_fields.hpp"

namespace krane::cli {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

boost::json::string text_of(std::string_view text) {
  return boost::json::string(text.data(), text.size());
}

object schema_of(spec_field const& field) {
  object out{{"description", text_of(field.meaning)}};
  switch (field.is) {
    case spec_field::kind::text:
      out["type"] = "string";
      if (!field.pattern.empty()) out["pattern"] = text_of(field.pattern);
      break;
    case spec_field::kind::port:
      out["type"] = array{"integer", "string"};
      out["minimum"] = 1;
      out["maximum"] = 65535;
      out["pattern"] = "^[1-9][0-9]{0,4}$";
      break;
  }
  if (!field.fallback.empty()) out["default"] = text_of(field.fallback);
  out["examples"] = array{value(text_of(field.example))};
  return out;
}

value schema_of(service_field const& field) {
  value out = boost::json::parse(boost::json::string_view(field.schema.data(), field.schema.size()));
  auto& members = out.as_object();
  members["description"] = text_of(field.meaning);
  members["examples"] = array{boost::json::parse(boost::json::string_view(field.example.data(), field.example.size()))};
  return out;
}

}  // namespace

value spec_schema() {
  object in_config;
  object beside{{"$schema", {{"description", "Where editors find this schema."}, {"type", "string"}}}};
  array in_config_required;
  array required;
  for (spec_field const& field : spec_fields()) {
    auto const key = text_of(field.key);
    beside[key] = schema_of(field);
    if (field.in_config) in_config[key] = schema_of(field);
    if (field.required) (field.in_config ? in_config_required : required).push_back(key);
  }
  for (service_field const& field : service_fields()) {
    auto const key = text_of(field.key);
    in_config[key] = schema_of(field);
    beside[key] = schema_of(field);
  }
  beside["config"] = object{{"description", "What runs, and how it is reached. Its fields may also stand beside name."},
                            {"type", array{"object", "null"}},
                            {"properties", std::move(in_config)},
                            {"additionalProperties", false}};
  return object{
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "A deployment of krane"},
      {"type", "object"},
      {"properties", std::move(beside)},
      {"required", std::move(required)},
      // In one place or the other.
      {"anyOf",
       array{object{{"required", in_config_required}},
             object{{"required", {"config"}}, {"properties", {{"config", {{"required", in_config_required}}}}}}}},
      {"additionalProperties", false},
  };
}

}  // namespace krane::cli
