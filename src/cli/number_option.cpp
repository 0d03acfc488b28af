#include "cli/number_option.hpp"

#include <fmt/format.h>

#include <charconv>

#include "cli/failure.hpp"

namespace krane::cli {

result<std::optional<std::uint64_t>> number_option(arguments const& given, std::string_view name, std::uint64_t lowest,
                                                   std::uint64_t highest) {
  auto const text = given.find(name);
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  auto const [end, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failed != std::errc() || end != text->data() + text->size() || value < lowest || value > highest)
    return usage_error(fmt::format("--{} is \"{}\", and must be a number from {} to {}", name, *text, lowest, highest));
  return std::optional(value);
}

}  // namespace krane::cli
