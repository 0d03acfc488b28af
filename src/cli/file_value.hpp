#pragma once
// What stands in a file that a person wrote, in JSON or YAML, before anybody says what it should be. Scalars stay as
// they are written: the tag 1.10 is no number, and the name "no" is not false.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane::cli {

// From 1; 0 where it is not known.
struct file_place {
  std::size_t line = 0;
  std::size_t column = 0;
  friend bool operator==(file_place const&, file_place const&) = default;
};

struct file_member;

struct file_value {
  enum class kind {
    nothing,  // null, or a key without a value
    text,
    map,
    other,  // `text` says what: "a list", "true or false"
  };

  kind is = kind::nothing;
  std::string text;
  std::vector<file_member> members;  // in order
  file_place place;
};

struct file_member {
  std::string key;
  file_place place;  // of the key
  file_value value;
};

// errc::malformed for what is no YAML or no JSON, its message beginning with "line:column: ".
result<file_value> parse_yaml(std::string_view text);
result<file_value> parse_json_file(std::string_view text);

}  // namespace krane::cli
