#include "model/written_value.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

namespace krane {

char const* written_value::kind_name() const {
  switch (is) {
    case kind::nothing:
      return "nothing";
    case kind::text:
      return "a text";
    case kind::truth:
      return "true or false";
    case kind::fraction:
      return "a number with a fraction";
    case kind::list:
      return "a list";
    case kind::map:
      return "fields";
  }
  std::unreachable();
}

written_value const* written_value::find(std::string_view key) const {
  for (written_member const& one : members)
    if (one.key == key) return &one.value;
  return nullptr;
}

written_value written_from_json(boost::json::value const& from) {
  using enum written_value::kind;
  written_value out;
  if (from.is_string()) {
    out.is = text;
    out.text.assign(from.get_string().data(), from.get_string().size());
  } else if (from.is_int64() || from.is_uint64()) {
    out.is = text;
    out.text = from.is_int64() ? std::to_string(from.get_int64()) : std::to_string(from.get_uint64());
  } else if (from.is_double()) {
    out.is = fraction;
    out.text = fmt::format("{}", from.get_double());
  } else if (from.is_bool()) {
    out.is = truth;
    out.text = from.get_bool() ? "true" : "false";
  } else if (from.is_array()) {
    out.is = list;
    for (auto const& item : from.get_array()) out.items.push_back(written_from_json(item));
  } else if (from.is_object()) {
    out.is = map;
    for (auto const& [key, value] : from.get_object())
      out.members.push_back({std::string(key), {}, written_from_json(value)});
  }
  return out;
}

}  // namespace krane
