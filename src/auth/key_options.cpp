#include "auth/key_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

namespace krane {
namespace {

error bad_option(std::string why) {
  return make_error(errc::invalid, std::move(why));
}

// They permit or forbid what krane never does.
constexpr std::array<std::string_view, 5> harmless{"agent-forwarding", "port-forwarding", "pty", "user-rc",
                                                   "x11-forwarding"};

bool is_harmless(std::string_view name) {
  if (name.starts_with("no-")) name.remove_prefix(3);
  return std::ranges::find(harmless, name) != harmless.end();
}

struct option {
  std::string name;                  // in lower case
  std::optional<std::string> value;  // without its quotes
};

// Takes one option off the front.
result<option> take_option(std::string_view& rest) {
  option one;
  auto const end = rest.find_first_of("=,\"");
  for (char c : rest.substr(0, end)) one.name += c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  rest.remove_prefix(std::min(end, rest.size()));
  if (one.name.empty()) return bad_option("an option has no name");
  if (!rest.starts_with('=')) return one;
  rest.remove_prefix(1);
  if (!rest.starts_with('"')) return bad_option(fmt::format("the value of the option {} is not in quotes", one.name));
  rest.remove_prefix(1);
  std::string value;
  while (!rest.empty() && rest.front() != '"') {
    if (rest.starts_with("\\\"")) rest.remove_prefix(1);
    value += rest.front();
    rest.remove_prefix(1);
  }
  if (rest.empty()) return bad_option(fmt::format("the quotes of the option {} do not end", one.name));
  rest.remove_prefix(1);
  one.value = std::move(value);
  return one;
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// YYYYMMDD[HHMM[SS]][Z]; without the Z in the machine's own time zone.
std::optional<time_point> parse_expiry(std::string_view text) {
  bool const utc = text.ends_with('Z');
  if (utc) text.remove_suffix(1);
  if (text.size() != 8 && text.size() != 12 && text.size() != 14) return std::nullopt;
  if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;

  int const hour = text.size() > 8 ? two_digits(text, 8) : 0;
  int const minute = text.size() > 8 ? two_digits(text, 10) : 0;
  int const second = text.size() > 12 ? two_digits(text, 12) : 0;
  std::chrono::year_month_day const day{std::chrono::year{two_digits(text, 0) * 100 + two_digits(text, 2)},
                                        std::chrono::month{static_cast<unsigned>(two_digits(text, 4))},
                                        std::chrono::day{static_cast<unsigned>(two_digits(text, 6))}};
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  if (utc)
    return std::chrono::sys_days{day} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};

  std::tm local{};
  local.tm_year = static_cast<int>(day.year()) - 1900;
  local.tm_mon = static_cast<int>(static_cast<unsigned>(day.month())) - 1;
  local.tm_mday = static_cast<int>(static_cast<unsigned>(day.day()));
  local.tm_hour = hour;
  local.tm_min = minute;
  local.tm_sec = second;
  local.tm_isdst = -1;
  std::time_t const t = std::mktime(&local);
  if (t == std::time_t{-1}) return std::nullopt;
  return time_point{std::chrono::seconds{t}};
}

std::optional<error> apply(option const& one, key_options& to) {
  if (one.name == "expiry-time") {
    auto const when = parse_expiry(one.value.value_or(""));
    if (!when) return bad_option("its expiry-time is not of the form YYYYMMDD[HHMM[SS]][Z]");
    to.expires_at = std::min(to.expires_at.value_or(*when), *when);
    return std::nullopt;
  }
  if (one.name == "from") {
    if (to.from) return bad_option("it has two from= options");
    auto patterns = address_patterns::parse(one.value.value_or(""));
    if (!patterns) return patterns.error();
    to.from = std::move(*patterns);
    return std::nullopt;
  }
  if (!one.value && is_harmless(one.name)) return std::nullopt;
  return bad_option(fmt::format("its option {} is none that krane can honour", one.name));
}

}  // namespace

std::optional<std::size_t> options_length(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '"')
      ++i;
    else if (line[i] == '"')
      quoted = !quoted;
    else if (!quoted && (line[i] == ' ' || line[i] == '\t'))
      return i;
  }
  if (quoted) return std::nullopt;
  return line.size();
}

result<key_options> parse_key_options(std::string_view options) {
  key_options all;
  while (true) {
    auto one = take_option(options);
    if (!one) return one.error();
    if (auto wrong = apply(*one, all)) return *wrong;
    if (options.empty()) return all;
    if (!options.starts_with(',')) return bad_option(fmt::format("something follows the option {}", one->name));
    options.remove_prefix(1);
  }
}

}  // namespace krane
