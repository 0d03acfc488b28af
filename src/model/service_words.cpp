#include "model/service_words.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace krane::service_readers {
namespace {

constexpr std::size_t most_name = 128;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool all_of(std::string_view text, std::string_view further) {
  return std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c) || further.contains(c); });
}
bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= most_name && (is_letter(text.front()) || is_digit(text.front())) &&
         all_of(text, "_.-");
}

bool is_path(std::string_view text) {
  if (!text.starts_with('/') || text.contains('\0') || text.contains(':')) return false;
  return !(std::string(text) + "/").contains("/../");
}

bool is_address(std::string const& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    auto const end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

port read_port(std::string const& text, std::string const& path, field_reader& with, char const* which) {
  auto const number = parse_port(text);
  if (number) return *number;
  with.add(path, fmt::format("the {} port \"{}\" {}", which, text, number.error().message));
  return 0;
}

}  // namespace krane::service_readers
