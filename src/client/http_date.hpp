#pragma once
// The time in a Date header: "Tue, 24 Nov 2026 11:06:00 GMT".
// Source: RFC 9110 §5.6.7, the one form that servers may send.
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace krane::client {

std::optional<time_point> parse_http_date(std::string_view text);

}  // namespace krane::client
