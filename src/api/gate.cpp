#include "api/gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/header_values.hpp"

namespace krane {

result<open_streams> parse_open_streams(std::string_view text) {
  if (text == "loopback") return open_streams::loopback;
  if (text == "always") return open_streams::always;
  if (text == "never") return open_streams::never;
  return make_error(errc::invalid, fmt::format("must be loopback, always or never, not \"{}\"", text));
}

gate::gate(authenticator const& auth, api_settings settings) : auth_(auth) {
  set_settings(std::move(settings));
}

void gate::set_settings(api_settings settings) {
  settings_ = std::move(settings);
  for (std::string& name : settings_.names) name = host_of(name).value_or(to_lower(name));
  for (std::string& origin : settings_.allowed_origins) {
    origin = to_lower(origin);
    if (origin.ends_with('/')) origin.pop_back();
  }
}

result<void> gate::check_host(http::request const& from) const {
  auto const given = from.headers.find("Host");
  if (from.headers.count("Host") == 1) {
    auto const host = host_of(*given);
    if (host && (is_loopback_name(*host) || std::ranges::find(settings_.names, *host) != settings_.names.end()))
      return {};
  }
  return make_error(errc::forbidden, "host_not_allowed",
                    fmt::format("this server does not answer to the name \"{}\"; if it should, add it to KRANE_NAMES",
                                given.value_or("").substr(0, 200)));
}

result<std::optional<std::string>> gate::check_origin(http::request const& from) const {
  auto const given = from.headers.find("Origin");
  if (!given) return std::optional<std::string>();
  std::string const origin = to_lower(*given);
  for (std::string const& allowed : settings_.allowed_origins)
    if (allowed == "*" || allowed == origin) return std::optional(std::string(*given));
  // Our own pages: those that came from the very host and port that is asked.
  auto const scheme = origin.find("://");
  auto const host = from.headers.find("Host");
  if (scheme != origin.npos && host && origin.substr(scheme + 3) == to_lower(*host))
    return std::optional(std::string(*given));
  return make_error(errc::forbidden, "origin_not_allowed",
                    fmt::format("web pages of \"{}\" may not ask this server; if they should, add it to "
                                "KRANE_ALLOWED_ORIGINS",
                                given->substr(0, 200)));
}

bool gate::streams_are_open(http::request const& to) const {
  switch (settings_.streams) {
    case open_streams::always:
      return true;
    case open_streams::never:
      return false;
    case open_streams::loopback:
      // What a proxy hands on came from elsewhere, although it comes from loopback here.
      return settings_.listens_on_loopback_only && !to.headers.find("Forwarded") && !to.headers.find("X-Forwarded-For");
  }
  std::unreachable();
}

result<void> gate::check_access(endpoints::access wanted, endpoints::call& from) const {
  if (wanted == endpoints::access::open) return {};
  auto token = bearer_token(from.request);
  if (wanted == endpoints::access::stream) {
    if (streams_are_open(from.request)) return {};
    if (!token)
      if (auto const in_query = from.request.find_query("access_token")) token = std::string(*in_query);
    if (!token)
      if (auto const offered = bearer_subprotocol(from.request)) token = offered->substr(offered->find('.') + 1);
  }
  if (token && !token->empty()) from.who = auth_.find_session(*token);
  if (!from.who) return make_error(errc::unauthorized, "unauthorized");
  from.token = std::move(*token);
  return {};
}

void add_cors_headers(http::header_list& to, std::string const& origin) {
  to.add("Access-Control-Allow-Origin", origin);
  to.add("Vary", "Origin");
  to.add("Access-Control-Expose-Headers", "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id");
}

}  // namespace krane
