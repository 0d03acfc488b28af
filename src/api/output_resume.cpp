#include "api/output_resume.hpp"

#include <charconv>

#include "base/clock.hpp"

namespace krane {
namespace {

// Times of stdout and stderr are taken before the engine orders their lines; far more than they can be apart.
constexpr std::chrono::seconds disorder{1};
constexpr std::int64_t disorder_ns = std::chrono::nanoseconds{disorder}.count();

}  // namespace

std::string output_place::text() const {
  return number == 1 ? time : time + "/" + std::to_string(number);
}

std::optional<output_place> parse_output_place(std::string_view text) {
  output_place place;
  auto const slash = text.find('/');
  place.time = text.substr(0, slash);
  if (slash != text.npos) {
    auto const digits = text.substr(slash + 1);
    auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), place.number);
    if (ec != std::errc{} || end != digits.data() + digits.size() || place.number == 0) return std::nullopt;
  }
  if (!to_nanoseconds(place.time)) return std::nullopt;
  return place;
}

std::optional<std::int64_t> to_nanoseconds(std::string_view rfc3339) {
  auto const time = parse_rfc3339(rfc3339);
  if (!time) return std::nullopt;
  std::int64_t ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time->time_since_epoch()).count();
  // What the microseconds cut off: digits seven to nine of the fraction.
  if (auto const point = rfc3339.find('.'); point != rfc3339.npos) {
    std::int64_t unit = 100;
    for (std::size_t at = point + 7; at < rfc3339.size() && at < point + 10; ++at) {
      char const digit = rfc3339[at];
      if (digit < '0' || digit > '9') break;
      ns += (digit - '0') * unit;
      unit /= 10;
    }
  }
  return ns;
}

std::string read_from(output_place const& last) {
  return to_rfc3339(*parse_rfc3339(last.time) - disorder);
}

std::optional<output_place> output_numbering::next(std::string_view time) {
  if (time.empty() && last_.time.empty()) return std::nullopt;
  if (time.empty() || time == last_.time)
    ++last_.number;
  else
    last_ = {std::string(time), 1};
  return last_;
}

output_skip::output_skip(output_place last, bool is_there)
    : last_(std::move(last)), last_ns_(to_nanoseconds(last_.time).value_or(0)), is_there_(is_there) {}

bool output_skip::is_new(std::optional<output_place> const& place) {
  if (passed_) return true;
  if (!place) return false;
  if (is_there_ && *place == last_) {
    passed_ = true;
    return false;
  }
  auto const ns = to_nanoseconds(place->time).value_or(0);
  // Where it was expected and did not come, it has left the engine's log between two looks.
  passed_ = is_there_ ? ns > last_ns_ + disorder_ns : ns > last_ns_;
  return passed_;
}

bool is_past(output_place const& wanted, std::string_view time) {
  auto const ns = to_nanoseconds(time), wanted_ns = to_nanoseconds(wanted.time);
  return ns && wanted_ns && *ns > *wanted_ns + disorder_ns;
}

}  // namespace krane
