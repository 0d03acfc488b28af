#include "client/endpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace krane::client {
namespace {

// sun_path, with its terminating zero.
constexpr std::size_t max_unix_path = 107;
constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

// A password that stands in an address where none belongs is not shown again.
std::string without_password(std::string_view text) {
  auto const at = text.rfind('@');
  auto const scheme = text.find("://");
  auto const user = scheme == text.npos ? 0 : scheme + 3;
  auto const colon = text.find(':', user);
  if (at == text.npos || colon == text.npos || colon > at) return std::string(text);
  return fmt::format("{}:...{}", text.substr(0, colon), text.substr(at));
}

error refused(std::string_view text, std::string_view why) {
  return make_error(
      errc::invalid, "invalid_endpoint",
      fmt::format(
          "\"{}\" is no server's address: {}; write http://host:port, https://host, unix:///path or ssh://user@host",
          without_password(text), why));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool is_name(std::string_view text, std::string_view more) {
  if (text.empty() || text.front() == '-' || text.size() > 253) return false;
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || more.contains(c);
  });
}

bool is_ipv6(std::string_view text) {
  return text.contains(':') && text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct host_port {
  std::string host;
  std::optional<std::uint16_t> port;
};

// No value: it is not host[:port].
std::optional<host_port> split_host_port(std::string_view text) {
  host_port out;
  std::string_view rest;
  if (text.starts_with('[')) {
    auto const end = text.find(']');
    if (end == text.npos || !is_ipv6(text.substr(1, end - 1))) return std::nullopt;
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    auto const colon = text.find(':');
    out.host = text.substr(0, colon);
    if (!is_name(out.host, "._-")) return std::nullopt;
    if (colon != text.npos) rest = text.substr(colon);
  }
  if (rest.empty()) return out;
  out.port = parse_port(rest.substr(1));
  if (rest.front() != ':' || !out.port) return std::nullopt;
  return out;
}

std::string bracketed(std::string const& host) {
  return host.contains(':') ? "[" + host + "]" : host;
}

std::string with_port(std::string const& host, std::uint16_t port, std::uint16_t unsaid) {
  return port == unsaid ? bracketed(host) : fmt::format("{}:{}", bracketed(host), port);
}

result<endpoint> parse_web(std::string_view whole, std::string_view rest, endpoint::kind type, std::uint16_t unsaid) {
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.contains('/')) return refused(whole, "it has a path");
  if (rest.contains('@')) return refused(whole, "it names a user, who logs in by key");
  auto parts = split_host_port(rest);
  if (!parts) return refused(whole, "what should be host:port is not");
  return endpoint{.type = type, .host = lower(parts->host), .port = parts->port.value_or(unsaid)};
}

result<endpoint> parse_unix(std::string_view whole, std::string_view path) {
  if (!path.starts_with('/') || path.size() < 2 || path.contains('\0'))
    return refused(whole, "it has no absolute path");
  if (path.size() > max_unix_path)
    return refused(whole, fmt::format("a socket's path may have {} characters", max_unix_path));
  return endpoint{.type = endpoint::kind::unix_socket, .host = {}, .port = 0, .path = std::string(path)};
}

result<endpoint> parse_ssh(std::string_view whole, std::string_view rest) {
  endpoint out{.type = endpoint::kind::ssh, .host = {}, .port = 0};
  if (auto const slash = rest.find('/'); slash != rest.npos) {
    if (auto const last = rest.substr(slash + 1); !last.empty()) {
      auto const port = parse_port(last);
      if (!port) return refused(whole, "after the host there may be the port of the server only");
      out.server_port = *port;
    }
    rest = rest.substr(0, slash);
  }
  if (auto const at = rest.rfind('@'); at != rest.npos) {
    out.user = rest.substr(0, at);
    if (!is_name(out.user, "._-+@\\")) return refused(whole, "what stands before the @ is no user's name");
    rest = rest.substr(at + 1);
  }
  auto parts = split_host_port(rest);
  if (!parts) return refused(whole, "what should be user@host:port is not");
  out.host = std::move(parts->host);  // as it is: it may be a name of the ssh configuration
  out.port = parts->port.value_or(0);
  return out;
}

}  // namespace

std::string endpoint::text() const {
  switch (type) {
    case kind::http:
      return "http://" + with_port(host, port, http_port);
    case kind::https:
      return "https://" + with_port(host, port, https_port);
    case kind::unix_socket:
      return "unix://" + path;
    case kind::ssh: {
      std::string const server = server_port == default_server_port ? "" : fmt::format("/{}", server_port);
      return fmt::format("ssh://{}{}{}{}", user, user.empty() ? "" : "@", with_port(host, port, 0), server);
    }
  }
  std::unreachable();
}

std::string endpoint::authority() const {
  switch (type) {
    case kind::http:
      return with_port(host, port, http_port);
    case kind::https:
      return with_port(host, port, https_port);
    case kind::unix_socket:
      return "localhost";
    case kind::ssh:
      return fmt::format("127.0.0.1:{}", server_port);
  }
  std::unreachable();
}

result<endpoint> parse_endpoint(std::string_view text) {
  auto const mark = text.find("://");
  if (mark == text.npos) return parse_web(text, text, endpoint::kind::http, default_server_port);
  std::string const scheme = lower(text.substr(0, mark));
  std::string_view const rest = text.substr(mark + 3);
  if (scheme == "http") return parse_web(text, rest, endpoint::kind::http, http_port);
  if (scheme == "https") return parse_web(text, rest, endpoint::kind::https, https_port);
  if (scheme == "unix") return parse_unix(text, rest);
  if (scheme == "ssh") return parse_ssh(text, rest);
  return refused(text, fmt::format("\"{}://\" is not known", scheme));
}

}  // namespace krane::client
