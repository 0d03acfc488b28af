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

#include "auth/steady_time.hpp"

namespace krane {

class login_limiter {
public:
  static constexpr std::size_t max_addresses = 10'000;
  static constexpr int free_failures = 10;

  // 0: no limit, and no pauses.
  explicit login_limiter(std::size_t per_minute) : per_minute_(per_minute) {}
  void set_limit(std::size_t per_minute) { per_minute_ = per_minute; }

  // True and counted, or false: too many.
  bool take_challenge(std::string_view address, steady_time now);
  bool take_login(std::string_view address, steady_time now);
  void failed(std::string_view address, steady_time now);
  void succeeded(std::string_view address, steady_time now);
  // Until both would be let through; 0 if they would be now.
  std::chrono::seconds retry_after(std::string_view address, steady_time now) const;
  std::size_t addresses() const { return by_age_.size(); }

private:
  // What may still be done at `at`; fills up by itself.
  struct bucket {
    double level = 0;
    steady_time at{};
  };
  struct record {
    std::string address;
    bucket challenges;
    bucket logins;
    int failures = 0;
    steady_time last_failure{};
    steady_time paused_until{};
  };

  static std::string key_of(std::string_view address);
  record& get(std::string_view address, steady_time now);
  double level(bucket const& one, steady_time now) const;
  bool take(bucket& one, steady_time now) const;
  static std::chrono::microseconds pause_left(record const& one, steady_time now);

  std::size_t per_minute_;
  std::list<record> by_age_;  // the one seen last in front
  std::unordered_map<std::string, std::list<record>::iterator> by_address_;
};

}  // namespace krane
