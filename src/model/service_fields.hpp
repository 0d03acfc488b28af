#pragma once
// The fields of service_config as people write them: one table that configs are read and written by, and that the
// schemas and docs/configuration.md are made from.
#include <boost/json/object.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/field_reader.hpp"
#include "model/service_config.hpp"
#include "model/written_value.hpp"

namespace krane {

struct service_field {
  std::string_view key;       // "environment"
  std::string_view meaning;   // sentences
  std::string_view fallback;  // what counts where it is missing, in words; "" is nothing
  std::string_view example;   // JSON
  std::string_view wrong;     // JSON that is refused
  std::string_view schema;    // JSON Schema, without the description
  void (*read)(written_value const& from, std::string const& path, field_reader& with, service_config& into);
  // null: not set
  boost::json::value (*write)(service_config const& from);
};

// In the order in which a person would look for them.
std::span<service_field const> service_fields();
service_field const* find_service_field(std::string_view key);

// Reads members of "config" that are service fields, and checks them. Faults are added with paths below "config.".
service_config read_service(std::vector<written_member> const& members, std::vector<fault>& faults);

// What read_service reads as the same; without what is not set.
boost::json::object service_json(service_config const& from);

}  // namespace krane
