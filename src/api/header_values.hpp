#pragma once
// The few header values that decide who gets in, taken apart.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace krane {

std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text);
// "a, b,c" → a b c; empty parts are left out.
std::vector<std::string_view> comma_parts(std::string_view text);

// "Example.com:8080" → "example.com"; "[::1]:80" → "::1". None: not host[:port].
std::optional<std::string> host_of(std::string_view authority);
// localhost, 127.0.0.0/8, ::1
bool is_loopback_name(std::string_view host);

// The token of "Authorization: Bearer <token>". None: no such header, another scheme, no token, or two headers.
std::optional<std::string> bearer_token(http::request const& from);

// The sub-protocol "bearer.<token>" if the client offers one, whole.
std::optional<std::string> bearer_subprotocol(http::request const& from);

// Whether any entry of Accept names this media type (wildcards do not).
bool accepts(http::request const& from, std::string_view media_type);

}  // namespace krane
