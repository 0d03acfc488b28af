#include "cli/secret_value.hpp"

#include <fmt/format.h>

#include <iostream>

#include "cli/failure.hpp"

namespace krane::cli {
namespace {

constexpr std::size_t most_bytes = 64 * 1024;

result<std::string> read_value(command_context& with, std::string const& question, std::string const& by_pipe) {
  if (with.term.is_input()) {
    if (!with.term.can_ask())
      return usage_error("nobody can be asked here for the value; give it by a pipe: " + by_pipe);
    return with.term.ask_secret(question);
  }
  std::string value(most_bytes + 2, '\0');
  std::cin.read(value.data(), static_cast<std::streamsize>(value.size()));
  value.resize(static_cast<std::size_t>(std::cin.gcount()));
  // What echo and editors put at the end is not meant.
  if (value.ends_with('\n')) value.pop_back();
  return value;
}

}  // namespace

result<std::string> get_secret_value(command_context& with, std::string const& question, std::string const& by_pipe) {
  auto value = read_value(with, question, by_pipe);
  if (!value) return value;
  if (value->empty()) return usage_error("the value is empty");
  if (value->size() > most_bytes)
    return usage_error(fmt::format("the value is longer than {} KiB, which is the most", most_bytes / 1024));
  if (value->contains('\0'))
    return usage_error("the value has a NUL byte, which no environment can hold; encode it, as with base64");
  return value;
}

}  // namespace krane::cli
