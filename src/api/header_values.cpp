#include "api/header_values.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace krane {
namespace {

constexpr std::string_view subprotocol_prefix = "bearer.";

// Nothing behind the colon is the scheme's own.
bool is_port(std::string_view text) {
  std::uint16_t number = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || (ec == std::errc{} && end == text.data() + text.size());
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trim(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> comma_parts(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    auto const comma = std::min(text.find(','), text.size());
    if (auto const part = trim(text.substr(0, comma)); !part.empty()) parts.push_back(part);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::optional<std::string> host_of(std::string_view authority) {
  std::string_view host = authority, rest;
  if (authority.starts_with('[')) {
    auto const end = authority.find(']');
    if (end == authority.npos) return std::nullopt;
    host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
  } else if (auto const colon = authority.find(':'); colon != authority.npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return std::nullopt;
  return to_lower(host);
}

bool is_loopback_name(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // A name such as 127.0.0.1.example.com is not one.
  return host.starts_with("127.") && std::ranges::count(host, '.') == 3 &&
         std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::optional<std::string> bearer_token(http::request const& from) {
  if (from.headers.count("Authorization") != 1) return std::nullopt;
  std::string_view const value = trim(*from.headers.find("Authorization"));
  auto const space = value.find(' ');
  if (space == value.npos || to_lower(value.substr(0, space)) != "bearer") return std::nullopt;
  std::string_view const token = trim(value.substr(space));
  if (token.empty()) return std::nullopt;
  return std::string(token);
}

std::optional<std::string> bearer_subprotocol(http::request const& from) {
  for (auto const& [name, value] : from.headers) {
    if (to_lower(name) != "sec-websocket-protocol") continue;
    for (std::string_view const part : comma_parts(value))
      if (part.starts_with(subprotocol_prefix)) return std::string(part);
  }
  return std::nullopt;
}

bool accepts(http::request const& from, std::string_view media_type) {
  for (auto const& [name, value] : from.headers) {
    if (to_lower(name) != "accept") continue;
    for (std::string_view const part : comma_parts(value))
      if (to_lower(trim(part.substr(0, part.find(';')))) == media_type) return true;
  }
  return false;
}

}  // namespace krane
