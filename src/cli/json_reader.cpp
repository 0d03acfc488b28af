#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "cli/file_value.hpp"

namespace krane::cli {
namespace {

// A text may be anything that was written, a number only what has one way to be written.
file_value value_of(boost::json::value const& from) {
  file_value out;
  auto const other = [&](char const* what) {
    out.is = file_value::kind::other;
    out.text = what;
  };
  if (from.is_string()) {
    out.is = file_value::kind::text;
    out.text.assign(from.get_string().data(), from.get_string().size());
  } else if (from.is_int64() || from.is_uint64()) {
    out.is = file_value::kind::text;
    out.text = from.is_int64() ? std::to_string(from.get_int64()) : std::to_string(from.get_uint64());
  } else if (from.is_object()) {
    out.is = file_value::kind::map;
    for (auto const& [key, value] : from.get_object()) out.members.push_back({key, {}, value_of(value)});
  } else if (from.is_double()) {
    other("a number with a fraction; put it in quotes");
  } else if (from.is_bool()) {
    other("true or false");
  } else if (from.is_array()) {
    other("a list");
  }
  return out;
}

// "… (at byte 17)" → "2:5: …": what an editor can go to.
std::string placed(std::string_view text, std::string const& message) {
  constexpr std::string_view mark = " (at byte ";
  auto const found = message.rfind(mark);
  if (found == std::string::npos) return message;
  std::size_t at = 0;
  char const* const digits = message.data() + found + mark.size();
  if (std::from_chars(digits, message.data() + message.size(), at).ec != std::errc{}) return message;
  auto const before = text.substr(0, at);
  auto const line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}: {}", std::ranges::count(before, '\n') + 1, before.size() - line_begin + 1,
                     message.substr(0, found));
}

}  // namespace

result<file_value> parse_json_file(std::string_view text) {
  auto const parsed = parse_json(text);
  if (!parsed) {
    error why = parsed.error();
    why.message = placed(text, why.message);
    return why;
  }
  return value_of(*parsed);
}

}  // namespace krane::cli
