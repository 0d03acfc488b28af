#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.hpp"
#include "cli/file_reading.hpp"

namespace krane::cli {
namespace {

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

result<written_value> parse_json_file(std::string_view text) {
  auto const parsed = parse_json(text);
  if (!parsed) {
    error why = parsed.error();
    why.message = placed(text, why.message);
    return why;
  }
  return written_from_json(*parsed);
}

}  // namespace krane::cli
