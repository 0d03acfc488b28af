#include "base/clock.hpp"

#include <fmt/format.h>

namespace krane {
namespace {

struct civil {
  int year;
  unsigned month, day;
  long long in_day_us;
};

civil split(time_point t) {
  auto const days = std::chrono::floor<std::chrono::days>(t);
  std::chrono::year_month_day const ymd{days};
  return {static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
          (t - days).count()};
}

// `count` digits at the start of text, taken off it.
std::optional<int> take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<long long> take_fraction_us(std::string_view& text) {
  if (!take(text, ".")) return 0;
  long long value = 0;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (digits < 6) value = value * 10 + (text.front() - '0');
    ++digits;
    text.remove_prefix(1);
  }
  if (digits == 0 || digits > 9) return std::nullopt;
  for (; digits < 6; ++digits) value *= 10;
  return value;
}

// Seconds east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  int const sign = text.front() == '-' ? -1 : 1;
  text.remove_prefix(1);
  auto const hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  auto const minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

time_point system_clock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(time_point t) {
  auto const [year, month, day, us] = split(t);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", year, month, day, us / 3'600'000'000,
                     us / 60'000'000 % 60, us / 1'000'000 % 60, us % 1'000'000);
}

std::string to_us_date(time_point t) {
  auto const [year, month, day, us] = split(t);
  return fmt::format("{:02}/{:02}/{:04}", month, day, year);
}

std::optional<time_point> parse_rfc3339(std::string_view text) {
  auto const year = take_number(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  auto const month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  auto const day = take_number(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  auto const hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  auto const minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
  auto const second = take_number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  auto const fraction = take_fraction_us(text);
  if (!fraction) return std::nullopt;
  auto const offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;

  std::chrono::year_month_day const date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return time_point{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second - *offset} + std::chrono::microseconds{*fraction};
}

}  // namespace krane
