#include "model/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace krane {
namespace {

using std::chrono::milliseconds;

struct unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array units{unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1'000}, unit{"ms", 1}};
constexpr std::int64_t most_of_a_unit = 1'000'000'000;

error not_a_duration() {
  return make_error(errc::invalid, "must be a length of time such as 10s, 500ms or 1m30s");
}

}  // namespace

result<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return milliseconds{0};
  if (text.empty()) return not_a_duration();
  std::int64_t sum = 0;
  auto next_unit = units.begin();
  while (!text.empty()) {
    std::int64_t amount = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (ec != std::errc{} || amount < 0 || amount > most_of_a_unit) return not_a_duration();
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    auto const name = text.substr(0, text.find_first_of("0123456789-"));
    while (next_unit != units.end() && next_unit->name != name) ++next_unit;
    if (next_unit == units.end()) return not_a_duration();
    sum += amount * next_unit->ms;
    ++next_unit;
    text.remove_prefix(name.size());
  }
  return milliseconds{sum};
}

std::string duration_text(milliseconds how_long) {
  std::int64_t rest = how_long.count();
  std::string text;
  for (unit const& u : units) {
    if (rest >= u.ms) text += fmt::format("{}{}", rest / u.ms, u.name);
    rest %= u.ms;
  }
  return text.empty() ? "0" : text;
}

}  // namespace krane
