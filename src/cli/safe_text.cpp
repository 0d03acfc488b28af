#include "cli/safe_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "base/utf8.hpp"

namespace krane::cli {
namespace {

constexpr std::string_view no_colour = "\x1b[0m";
// A terminal takes so many numbers at once; what is longer is no colour.
constexpr std::size_t longest_colour = 64;

bool is_within(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

// C1 controls do the same as ESC and a letter; the others turn the order of what is read around.
bool acts_on_terminal(char32_t code) {
  return code < 0x20 || is_within(code, 0x7F, 0x9F) || is_within(code, 0x202A, 0x202E) ||
         is_within(code, 0x2066, 0x2069);
}

struct character {
  char32_t code;
  std::size_t bytes;
};

// The first one of valid UTF-8.
character first_of(std::string_view text) {
  auto const lead = static_cast<unsigned char>(text.front());
  std::size_t const bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = bytes == 1 ? lead : lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {code, bytes};
}

std::string shown(char32_t code) {
  if (code == 0x1B) return "\\e";
  auto const number = static_cast<std::uint32_t>(code);
  return code < 0x80 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{:04x}", number);
}

// The bytes of a colour at the beginning of `text`; 0: there is none.
std::size_t colour_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  auto const end = text.find_first_not_of("0123456789;:", 2);
  return end != text.npos && text[end] == 'm' && end < longest_colour ? end + 1 : 0;
}

bool ends_colours(std::string_view colour) {
  auto const numbers = colour.substr(2, colour.size() - 3);
  return std::ranges::all_of(numbers, [](char c) { return c == '0' || c == ';'; });
}

}  // namespace

std::string safe_for_terminal(std::string_view text, text_colours colours) {
  std::string const valid = to_valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  bool coloured = false;
  for (std::string_view rest = valid; !rest.empty();) {
    if (auto const length = colour_length(rest); length > 0) {
      if (colours == text_colours::pass) {
        coloured = !ends_colours(rest.substr(0, length));
        out += rest.substr(0, length);
      }
      rest.remove_prefix(length);
      continue;
    }
    auto const [code, bytes] = first_of(rest);
    if (code == '\n' && coloured) {
      out += no_colour;
      coloured = false;
    }
    if (code == '\n' || code == '\t' || !acts_on_terminal(code))
      out += rest.substr(0, bytes);
    else
      out += shown(code);
    rest.remove_prefix(bytes);
  }
  if (coloured) out += no_colour;
  return out;
}

std::string printable(std::string_view text) {
  std::string const valid = to_valid_utf8(text);
  std::string out;
  out.reserve(valid.size());
  for (std::string_view rest = valid; !rest.empty();) {
    auto const [code, bytes] = first_of(rest);
    out += acts_on_terminal(code) ? shown(code) : std::string(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
  }
  return out;
}

}  // namespace krane::cli
