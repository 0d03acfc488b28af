#include "server/setting_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>

#include "model/byte_size.hpp"
#include "model/duration.hpp"

namespace krane {
namespace {

template <class Number>
bool parse_whole(std::string const& text, Number& out) {
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string> split_list(std::string const& text) {
  std::vector<std::string> parts;
  std::string part;
  auto finish = [&] {
    if (!part.empty()) parts.push_back(std::move(part));
    part.clear();
  };
  for (char c : text) {
    if (c == ',' || c == ' ')
      finish();
    else
      part += c;
  }
  finish();
  return parts;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == ':' || c == '[' || c == ']';
}

}  // namespace

std::optional<std::string> set_address(std::string& out, std::string const& text) {
  std::string const wanted = text == "localhost" ? "127.0.0.1" : text;
  boost::system::error_code ec;
  boost::asio::ip::make_address(wanted, ec);
  if (ec) return fmt::format("\"{}\" is not an IP address; use for example 127.0.0.1, or 0.0.0.0 for all", text);
  out = wanted;
  return std::nullopt;
}

std::optional<std::string> set_port(std::uint16_t& out, std::string const& text) {
  if (!parse_whole(text, out)) return fmt::format("\"{}\" is not a port; use 1 to 65535, or 0 for any free one", text);
  return std::nullopt;
}

std::optional<std::string> set_path(std::string& out, std::string const& text) {
  if (text.empty()) return "must not be empty";
  out = text;
  return std::nullopt;
}

std::optional<std::string> set_log_level(std::string& out, std::string const& text) {
  constexpr std::array<std::string_view, 7> levels{"trace", "debug", "info", "warn", "warning", "error", "off"};
  if (std::ranges::find(levels, text) == levels.end())
    return fmt::format("\"{}\" is not a log level; use trace, debug, info, warn, error or off", text);
  out = text;
  return std::nullopt;
}

std::optional<std::string> set_host_names(std::vector<std::string>& out, std::string const& text) {
  std::vector<std::string> names = split_list(text);
  for (std::string const& name : names)
    if (!std::ranges::all_of(name, is_host_character))
      return fmt::format("\"{}\" is not a host name; give names without scheme and path, separated by commas", name);
  out = std::move(names);
  return std::nullopt;
}

std::optional<std::string> set_open_streams(open_streams& out, std::string const& text) {
  auto parsed = parse_open_streams(text);
  if (!parsed) return parsed.error().message;
  out = *parsed;
  return std::nullopt;
}

template <class Enum>
std::optional<std::string> set_choice(Enum& out, std::string const& text) {
  if (boost::describe::enum_from_string(text.c_str(), out)) return std::nullopt;
  std::string names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
      [&](auto one) { names += (names.empty() ? "" : " or ") + std::string(one.name); });
  return fmt::format("\"{}\" is not {}", text.substr(0, 100), names);
}
template std::optional<std::string> set_choice(publish_by& out, std::string const& text);
template std::optional<std::string> set_choice(front_start& out, std::string const& text);
template std::optional<std::string> set_choice(permission& out, std::string const& text);

std::optional<std::string> set_origins(std::vector<std::string>& out, std::string const& text) {
  std::vector<std::string> origins = split_list(text);
  std::erase(origins, "none");
  for (std::string const& origin : origins) {
    bool const has_scheme = origin.starts_with("http://") || origin.starts_with("https://");
    auto const host = origin.find("://");
    if (!has_scheme || origin.find('/', host + 3) != std::string::npos || origin.size() == host + 3)
      return fmt::format("\"{}\" is not an origin; use for example https://example.org, without a path", origin);
  }
  out = std::move(origins);
  return std::nullopt;
}

std::optional<std::string> set_permissions(std::set<permission>& out, std::string const& text) {
  std::set<permission> allowed;
  for (std::string const& word : split_list(text)) {
    if (word == "none") continue;
    permission one{};
    if (auto wrong = set_choice(one, word)) return wrong;
    allowed.insert(one);
  }
  out = std::move(allowed);
  return std::nullopt;
}

std::optional<std::string> set_folders(std::vector<std::string>& out, std::string const& text) {
  std::vector<std::string> folders = split_list(text);
  std::erase(folders, "none");
  for (std::string const& one : folders)
    if (!one.starts_with('/')) return fmt::format("\"{}\" is no absolute path", one);
  out = std::move(folders);
  return std::nullopt;
}

std::optional<std::string> set_count(std::size_t& out, std::string const& text) {
  if (!parse_whole(text, out)) return fmt::format("\"{}\" is not a whole number of 0 or more", text);
  return std::nullopt;
}

std::optional<std::string> set_bytes(std::uint64_t& out, std::string const& text) {
  auto const bytes = parse_byte_size(text);
  if (!bytes) return fmt::format("\"{}\" {}", text.substr(0, 100), bytes.error().message);
  out = *bytes;
  return std::nullopt;
}

std::optional<std::string> set_keep_releases(std::size_t& out, std::string const& text) {
  std::size_t number = 0;
  // What serves is always one.
  if (!parse_whole(text, number) || number < 1 || number > 1000)
    return fmt::format("\"{}\" is not a number of releases from 1 to 1000", text.substr(0, 100));
  out = number;
  return std::nullopt;
}

std::optional<std::string> set_duration(std::chrono::milliseconds& out, std::string const& text) {
  auto const how_long = parse_duration(text);
  if (!how_long) return how_long.error().message;
  out = *how_long;
  return std::nullopt;
}

std::optional<std::string> set_settle(std::optional<std::chrono::milliseconds>& out, std::string const& text) {
  auto const how_long = parse_duration(text);
  if (!how_long) return how_long.error().message;
  if (*how_long > std::chrono::minutes{10}) return fmt::format("\"{}\" is longer than 10m", text);
  out = *how_long;
  return std::nullopt;
}

std::optional<std::string> set_docker_host(std::string& out, std::string const& text) {
  if (!text.starts_with("unix:///") && !text.starts_with("tcp://"))
    return fmt::format("\"{}\" is not an engine's address; use unix:///path/of/docker.sock or tcp://host:port", text);
  out = text;
  return std::nullopt;
}

std::string expand_home(std::string const& path, std::string const& home) {
  if (path == "~") return home;
  if (path.starts_with("~/")) return home + path.substr(1);
  return path;
}

}  // namespace krane
