#pragma once
// What a person wrote, in JSON or YAML, before anybody says what it should be. Numbers and words stay the text that was
// written: the tag 1.10 is no number, and the name "no" is not false.
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace krane {

// In a file, from 1; 0 where there is none, or it is not known.
struct written_place {
  std::size_t line = 0;
  std::size_t column = 0;
  friend bool operator==(written_place const&, written_place const&) = default;
};

struct written_member;

struct written_value {
  enum class kind {
    nothing,  // null, or a key without a value
    text,
    truth,     // JSON's true and false; `text` has the word
    fraction,  // JSON's number with a fraction; `text` has the shortest way to write it
    list,
    map,
  };

  kind is = kind::nothing;
  std::string text;
  std::vector<written_value> items;     // of a list
  std::vector<written_member> members;  // of a map, in order
  written_place place;

  bool has_text() const { return is == kind::text || is == kind::truth || is == kind::fraction; }
  // "a list", "fields", "true or false": for messages.
  char const* kind_name() const;
  written_value const* find(std::string_view key) const;
};

struct written_member {
  std::string key;
  written_place place;  // of the key
  written_value value;
};

written_value written_from_json(boost::json::value const& from);

}  // namespace krane
