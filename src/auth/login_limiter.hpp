#pragma once
// How often one address may try to log in: so many challenges and so many logins a minute, and after ten failures in a
// row longer and longer pauses (1, 2, 4 … 60 s). An IPv6 address stands for its /64. Its memory is bounded: past
// max_addresses the one seen longest ago is forgotten.
//
// Threads: the network thread.
#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace krane {

class login_limiter {
public:
  static constexpr std::size_t max_addresses = 10'000;
  static constexpr int free_failures = 10;

  // 0: no limit, and no pauses.
  explicit login_limiter(std::size_t per_minute) : per_minute_(per_minute) {}
  void set_limit(std::size_t per_minute) { per_minute_ = per_minute; }

  // True and counted, or false: too many.
  bool take_challenge(std::string_view address, time_point now);
  bool take_login(std::string_view address, time_point now);
  void failed(std::string_view address, time_point now);
  void succeeded(std::string_view address, time_point now);
  // Until both would be let through; 0 if they would be now.
  std::chrono::seconds retry_after(std::string_view address, time_point now) const;
  std::size_t addresses() const { return by_age_.size(); }

private:
  // What may still be done at `at`; fills up by itself.
  struct bucket {
    double level = 0;
    time_point at{};
  };
  struct record {
    std::string address;
    bucket challenges;
    bucket logins;
    int failures = 0;
    time_point last_failure{};
    time_point paused_until{};
  };

  static std::string key_of(std::string_view address);
  record& get(std::string_view address, time_point now);
  double level(bucket const& one, time_point now) const;
  bool take(bucket& one, time_point now) const;
  static std::chrono::microseconds pause_left(record const& one, time_point now);

  std::size_t per_minute_;
  std::list<record> by_age_;  // the one seen last in front
  std::unordered_map<std::string, std::list<record>::iterator> by_address_;
};

}  // namespace krane
