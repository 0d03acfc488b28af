#include "cli/relative_time.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace krane::cli {
namespace {

using std::chrono::seconds;

struct unit {
  std::int64_t length_s;
  std::string_view name;
};
// Each is used up to twice the next one: "90 minutes ago" says more than "1 hour ago".
constexpr std::array units{unit{1, "second"},         unit{60, "minute"},       unit{3'600, "hour"},
                           unit{86'400, "day"},       unit{7 * 86'400, "week"}, unit{30 * 86'400, "month"},
                           unit{365 * 86'400, "year"}};

std::string counted(std::int64_t total_s) {
  std::size_t at = 0;
  while (at + 1 < units.size() && total_s >= 2 * units[at + 1].length_s) ++at;
  auto const count = total_s / units[at].length_s;
  return fmt::format("{} {}{}", count, units[at].name, count == 1 ? "" : "s");
}

std::optional<std::int64_t> factor_of(char letter) {
  switch (letter) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return 86'400;
    case 'w':
      return 7 * 86'400;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string relative_time(time_point then, time_point now) {
  auto const past_s = std::chrono::duration_cast<seconds>(now - then).count();
  if (past_s > -1 && past_s < 1) return "just now";
  return past_s > 0 ? counted(past_s) + " ago" : "in " + counted(-past_s);
}

std::string relative_time(std::string_view then, time_point now) {
  auto const parsed = parse_rfc3339(then);
  return parsed ? relative_time(*parsed, now) : std::string();
}

std::string duration_text(std::chrono::milliseconds how_long) {
  auto const ms = how_long.count();
  if (ms < 10'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  auto const s = ms / 1000;
  if (s < 120) return fmt::format("{} s", s);
  if (s < 7'200) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3'600, s / 60 % 60);
}

std::optional<seconds> parse_duration(std::string_view text) {
  constexpr std::int64_t most = 100LL * 365 * 86'400;
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::int64_t number = 0;
  bool digits = false;
  bool letters = false;
  for (char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      digits = true;
      if (number > most) return std::nullopt;
      continue;
    }
    auto const factor = factor_of(c);
    if (!factor || !digits) return std::nullopt;
    total += number * *factor;
    if (total > most) return std::nullopt;
    number = 0;
    digits = false;
    letters = true;
  }
  if (digits && letters) return std::nullopt;  // "1h30"
  return seconds{total + number};
}

std::string size_text(double bytes) {
  constexpr std::array<std::string_view, 5> names{"B", "kB", "MB", "GB", "TB"};
  std::size_t at = 0;
  while (bytes >= 1000 && at + 1 < names.size()) {
    bytes /= 1000;
    ++at;
  }
  return at < 2 ? fmt::format("{:.0f} {}", bytes, names[at]) : fmt::format("{:.1f} {}", bytes, names[at]);
}

}  // namespace krane::cli
