#include "model/image_ref.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace krane {
namespace {

constexpr std::size_t max_tag = 128;
constexpr std::size_t max_registry = 255;
constexpr std::size_t max_repository = 255;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

error wrong(std::string why) {
  return make_error(errc::invalid, std::move(why));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// A part of a host's name between its dots: letters, digits and inner hyphens.
bool is_host_part(std::string_view part) {
  if (part.empty() || part.front() == '-' || part.back() == '-') return false;
  return std::ranges::all_of(part, [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '-'; });
}

bool is_host(std::string_view host) {
  while (true) {
    auto const dot = host.find('.');
    if (!is_host_part(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0' || !std::ranges::all_of(text, is_digit)) return false;
  int value = 0;
  for (char c : text) value = value * 10 + (c - '0');
  return value <= 65535;
}

// [a-z0-9]+ joined by one '.', one or two '_', or any number of '-'.
bool is_path_part(std::string_view part) {
  std::size_t at = 0;
  while (true) {
    auto const word = at;
    while (at < part.size() && (is_lower(part[at]) || is_digit(part[at]))) ++at;
    if (at == word) return false;
    if (at == part.size()) return true;
    auto const separator = at;
    while (at < part.size() && part[at] == part[separator]) ++at;
    auto const length = at - separator;
    bool const known =
        (part[separator] == '.' && length == 1) || (part[separator] == '_' && length <= 2) || part[separator] == '-';
    if (!known) return false;
  }
}

std::optional<error> fault_of_repository(std::string_view path) {
  if (path.empty()) return wrong("names no image");
  if (path.size() > max_repository) return wrong(fmt::format("must not be longer than {} characters", max_repository));
  if (std::ranges::any_of(path, is_upper)) return wrong("must be lower case");
  while (true) {
    auto const slash = path.find('/');
    auto const part = path.substr(0, slash);
    if (part.empty()) return wrong("has an empty part between slashes");
    if (!is_path_part(part))
      return wrong(
          "must be parts of lower-case letters and digits, with single '.', '_', '__' or '-' inside them, "
          "separated by '/'");
    if (slash == std::string_view::npos) return std::nullopt;
    path.remove_prefix(slash + 1);
  }
}

result<std::string> parse_digest(std::string_view text) {
  auto const colon = text.find(':');
  auto const algorithm = text.substr(0, colon);
  std::size_t const length = algorithm == "sha256" ? 64 : algorithm == "sha384" ? 96 : algorithm == "sha512" ? 128 : 0;
  if (colon == std::string_view::npos || length == 0) return wrong("has a digest that does not begin with \"sha256:\"");
  auto const hex = text.substr(colon + 1);
  if (hex.size() != length || !std::ranges::all_of(hex, is_hex))
    return wrong(fmt::format("has a digest that is not {} lower-case hex digits after \"{}:\"", length, algorithm));
  return std::string(text);
}

// The engine reads a first part like this as a registry, and any other as the beginning of the path.
bool reads_as_registry(std::string_view part) {
  return part.find_first_of(".:") != std::string_view::npos || part == "localhost";
}

}  // namespace

std::string image_ref::text() const {
  return digest ? fmt::format("{}/{}@{}", registry, repository, *digest)
                : fmt::format("{}/{}:{}", registry, repository, tag);
}

result<std::string> parse_registry(std::string_view text) {
  if (text.empty()) return wrong("must not be empty");
  if (text.size() > max_registry) return wrong(fmt::format("must not be longer than {} characters", max_registry));
  if (text.find("://") != std::string_view::npos)
    return wrong("must be host[:port] without a scheme such as \"https://\"");
  if (text.find('/') != std::string_view::npos) return wrong("must be host[:port] without a path");
  auto const colon = text.find(':');
  if (!is_host(text.substr(0, colon))) return wrong("is not host[:port]");
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1)))
    return wrong("has a port that is not a number from 1 to 65535");
  auto host = lower(text);
  if (!reads_as_registry(host))
    return wrong("needs a '.' or a ':port' in it, since the engine would take it for a part of the image's path");
  if (host == "index.docker.io") host = "docker.io";  // its older name; the engine takes them for one, too
  return host;
}

result<std::string> parse_tag(std::string_view text) {
  if (text.empty()) return wrong("must not be empty");
  if (text.size() > max_tag) return wrong(fmt::format("must not be longer than {} characters", max_tag));
  auto const is_word = [](char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '_'; };
  if (!is_word(text.front())) return wrong("must begin with a letter, a digit or '_'");
  if (!std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '.' || c == '-'; }))
    return wrong("may only hold letters, digits, '.', '_' and '-'");
  return std::string(text);
}

result<image_parts> parse_image(std::string_view text) {
  image_parts parts;
  if (text.empty()) return wrong("must not be empty");
  if (text.find("://") != std::string_view::npos) return wrong("must not have a scheme such as \"https://\"");
  if (auto const at = text.find('@'); at != std::string_view::npos) {
    auto digest = parse_digest(text.substr(at + 1));
    if (!digest) return digest.error();
    parts.digest = std::move(*digest);
    text = text.substr(0, at);
  }
  auto const slash = text.find('/');
  if (slash != std::string_view::npos && reads_as_registry(lower(text.substr(0, slash)))) {
    auto registry = parse_registry(text.substr(0, slash));
    if (!registry) return wrong("has a registry that " + registry.error().message);
    parts.registry = std::move(*registry);
    text = text.substr(slash + 1);
  }
  if (auto const colon = text.find(':'); colon != std::string_view::npos) {
    auto tag = parse_tag(text.substr(colon + 1));
    if (!tag) return wrong("has a tag that " + tag.error().message);
    parts.tag = std::move(*tag);
    text = text.substr(0, colon);
  }
  if (auto fault = fault_of_repository(text)) return *std::move(fault);
  parts.repository = std::string(text);
  return parts;
}

}  // namespace krane
