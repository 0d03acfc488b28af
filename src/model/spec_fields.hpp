#pragma once
// The fields of a spec as people write them, each with what it means: one table that files are read by, and that the
// JSON Schema, the comments of a new file and the messages are made from.
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/spec.hpp"

namespace krane {

struct spec_field {
  enum class kind { text, port };

  std::string_view key;  // "host_port"
  bool in_config;        // stands inside of "config"; else beside it
  bool required;
  kind is;
  std::optional<std::string> spec_input::* slot;
  std::string_view meaning;   // a sentence
  std::string_view fallback;  // what counts where it is missing; "" is nothing
  std::string_view example;
  std::string_view pattern;  // an ECMAScript regular expression that right values match
  bool rare = false;         // few want it: nobody is asked for it
};

// In the order in which a person would give them.
std::span<spec_field const> spec_fields();

// "config.image", "name": the paths that make_spec() tells faults by.
std::string path_of(spec_field const& field);

}  // namespace krane
