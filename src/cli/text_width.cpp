#include "cli/text_width.hpp"

#include <algorithm>
#include <array>

namespace krane::cli {
namespace {

struct span_of_codes {
  char32_t first, last;
};

constexpr std::array combining{
    span_of_codes{0x0300, 0x036F}, span_of_codes{0x0483, 0x0489}, span_of_codes{0x0591, 0x05BD},
    span_of_codes{0x0610, 0x061A}, span_of_codes{0x064B, 0x065F}, span_of_codes{0x200B, 0x200F},
    span_of_codes{0x20D0, 0x20FF}, span_of_codes{0xFE00, 0xFE0F}, span_of_codes{0xFE20, 0xFE2F}};
constexpr std::array wide{
    span_of_codes{0x1100, 0x115F},   span_of_codes{0x2E80, 0x303E},   span_of_codes{0x3041, 0x33FF},
    span_of_codes{0x3400, 0x4DBF},   span_of_codes{0x4E00, 0x9FFF},   span_of_codes{0xA000, 0xA4CF},
    span_of_codes{0xAC00, 0xD7A3},   span_of_codes{0xF900, 0xFAFF},   span_of_codes{0xFE30, 0xFE6F},
    span_of_codes{0xFF00, 0xFF60},   span_of_codes{0xFFE0, 0xFFE6},   span_of_codes{0x1F300, 0x1F64F},
    span_of_codes{0x1F680, 0x1F6FF}, span_of_codes{0x1F900, 0x1F9FF}, span_of_codes{0x20000, 0x3FFFD}};

bool lies_in(char32_t code, auto const& spans) {
  return std::ranges::any_of(spans, [code](span_of_codes s) { return code >= s.first && code <= s.last; });
}

std::size_t width_of(char32_t code) {
  if (lies_in(code, combining)) return 0;
  return lies_in(code, wide) ? 2 : 1;
}

// One character off the front of `text`, or one colour; the columns that it takes.
std::size_t take_one(std::string_view& text) {
  if (text.starts_with("\x1b[")) {
    auto const end = text.find('m');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return 0;
  }
  auto const lead = static_cast<unsigned char>(text.front());
  std::size_t const length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
  auto const there = std::min(length, text.size());
  for (std::size_t i = 1; i < there; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  text.remove_prefix(there);
  return width_of(code);
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t total = 0;
  while (!text.empty()) total += take_one(text);
  return total;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string_view rest = text;
  std::size_t used = 0;
  bool coloured = false;
  for (;;) {
    std::string_view after = rest;
    std::size_t const columns = take_one(after);
    if (used + columns > width - 1) break;
    coloured = coloured || rest.front() == '\x1b';
    used += columns;
    rest = after;
  }
  std::string out(text.substr(0, text.size() - rest.size()));
  out += "…";
  if (coloured) out += "\x1b[0m";
  return out;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    auto const space = text.find(' ');
    auto const word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

}  // namespace krane::cli
