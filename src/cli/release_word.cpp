#include "cli/release_word.hpp"

#include <fmt/format.h>

#include <charconv>

#include "cli/failure.hpp"

namespace krane::cli {

result<std::uint64_t> read_release(std::string_view word) {
  std::string_view digits = word;
  if (digits.starts_with('@')) digits.remove_prefix(1);
  std::uint64_t number = 0;
  auto const [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed == std::errc() && end == digits.data() + digits.size() && number > 0) return number;
  return usage_error(fmt::format("\"{}\" is no release; write its number, 3 or @3, as krane history shows it", word));
}

result<named_release> read_named_release(std::string_view name, std::optional<std::string> const& release) {
  auto const at = name.find('@');
  named_release out{.deployment = std::string(name.substr(0, at)), .number = {}};
  if (at != std::string_view::npos && release)
    return usage_error(fmt::format("{} and {} both name a release; leave one out", name, *release));
  if (at == std::string_view::npos && !release) return out;
  auto const number = read_release(release ? std::string_view(*release) : name.substr(at));
  if (!number) return number.error();
  out.number = *number;
  return out;
}

}  // namespace krane::cli
