#pragma once
// The time of day, injected so that tests can set it. Waits do not use it: they are timers of the network thread.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace krane {

// UTC, microseconds since 1970; what the store keeps.
using time_point = std::chrono::sys_time<std::chrono::microseconds>;

class clock {
public:
  virtual ~clock() = default;
  virtual time_point now() const = 0;
};

class system_clock final : public clock {
public:
  time_point now() const override;
};

// RFC 3339 in UTC with six decimals: 2020-05-27T21:53:02.123456Z
std::string to_rfc3339(time_point t);
// Any RFC 3339 date-time, up to nanoseconds (cut to microseconds); nothing else.
std::optional<time_point> parse_rfc3339(std::string_view text);
// MM/DD/YYYY, as the source document writes expiry dates.
std::string to_us_date(time_point t);

}  // namespace krane
