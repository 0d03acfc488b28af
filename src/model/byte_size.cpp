#include "model/byte_size.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace krane {
namespace {

constexpr std::string_view unit_letters = "BKMGT";  // of 1024 each
constexpr double most = 9e18;

error not_a_size() {
  return make_error(errc::invalid, "must be an amount of bytes such as 512M, 1.5G or 64k");
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

result<std::uint64_t> parse_byte_size(std::string_view text) {
  double amount = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
  if (ec != std::errc{} || !std::isfinite(amount) || amount < 0) return not_a_size();
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  std::size_t unit = 0;
  if (!text.empty()) {
    unit = unit_letters.find(upper(text.front()));
    if (unit == std::string_view::npos) return not_a_size();
    text.remove_prefix(1);
    if (unit > 0 && !text.empty() && upper(text.front()) == 'I') {
      text.remove_prefix(1);
      if (text.empty()) return not_a_size();
    }
    if (unit > 0 && !text.empty() && upper(text.front()) == 'B') text.remove_prefix(1);
    if (!text.empty()) return not_a_size();
  }
  double const bytes = std::ldexp(amount, static_cast<int>(unit) * 10);
  if (bytes > most) return not_a_size();
  return static_cast<std::uint64_t>(bytes);
}

std::string byte_size_text(std::uint64_t bytes) {
  std::size_t unit = 0;
  while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < unit_letters.size()) {
    bytes /= 1024;
    ++unit;
  }
  return unit == 0 ? std::to_string(bytes) : fmt::format("{}{}", bytes, unit_letters[unit]);
}

std::string rounded_size(std::uint64_t bytes) {
  constexpr std::array names{"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < names.size(); ++unit) amount /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes)
                   : fmt::format("{:.{}f} {}", amount, amount < 10 ? 1 : 0, names[unit]);
}

}  // namespace krane
