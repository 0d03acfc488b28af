#include "auth/login_limiter.hpp"

#include <algorithm>
#include <cmath>

#include "auth/address_pattern.hpp"

namespace krane {
namespace {

constexpr auto failures_forgotten_after = std::chrono::minutes{10};
constexpr int longest_pause_seconds = 60;

double seconds(std::chrono::microseconds t) {
  return std::chrono::duration<double>(t).count();
}

}  // namespace

std::string login_limiter::key_of(std::string_view address) {
  auto const parsed = parse_address(address);
  if (!parsed) return std::string(address.substr(0, 64));
  if (parsed->is_v4()) return parsed->to_string();
  auto bytes = parsed->to_v6().to_bytes();
  // Loopback is one address, whatever else its /64 may be.
  if (!parsed->is_loopback()) std::fill(bytes.begin() + 8, bytes.end(), 0);
  return boost::asio::ip::address_v6(bytes).to_string();
}

login_limiter::record& login_limiter::get(std::string_view address, steady_time now) {
  std::string key = key_of(address);
  if (auto const known = by_address_.find(key); known != by_address_.end()) {
    by_age_.splice(by_age_.begin(), by_age_, known->second);
    return by_age_.front();
  }
  if (by_age_.size() == max_addresses) {
    by_address_.erase(by_age_.back().address);
    by_age_.pop_back();
  }
  auto const full = static_cast<double>(per_minute_);
  by_age_.push_front({key, {full, now}, {full, now}, 0, {}, {}});
  by_address_.emplace(std::move(key), by_age_.begin());
  return by_age_.front();
}

double login_limiter::level(bucket const& one, steady_time now) const {
  auto const full = static_cast<double>(per_minute_);
  double const since = seconds(now - one.at);
  return std::min(full, one.level + since * full / 60);
}

bool login_limiter::take(bucket& one, steady_time now) const {
  double const there = level(one, now);
  one = {there, now};
  if (there < 1) return false;
  one.level -= 1;
  return true;
}

std::chrono::microseconds login_limiter::pause_left(record const& one, steady_time now) {
  auto const left = one.paused_until - now;
  // More than the longest pause there is: the clock was set back.
  if (left <= std::chrono::microseconds{0} || left > std::chrono::seconds{longest_pause_seconds})
    return std::chrono::microseconds{0};
  return left;
}

bool login_limiter::take_challenge(std::string_view address, steady_time now) {
  return per_minute_ == 0 || take(get(address, now).challenges, now);
}

bool login_limiter::take_login(std::string_view address, steady_time now) {
  if (per_minute_ == 0) return true;
  auto& one = get(address, now);
  return pause_left(one, now) == std::chrono::microseconds{0} && take(one.logins, now);
}

void login_limiter::failed(std::string_view address, steady_time now) {
  if (per_minute_ == 0) return;
  auto& one = get(address, now);
  if (now - one.last_failure > failures_forgotten_after) one.failures = 0;
  one.last_failure = now;
  if (++one.failures < free_failures) return;
  int const doublings = std::min(one.failures - free_failures, 6);
  one.paused_until = now + std::chrono::seconds{std::min(1 << doublings, longest_pause_seconds)};
}

void login_limiter::succeeded(std::string_view address, steady_time now) {
  if (per_minute_ == 0) return;
  auto& one = get(address, now);
  one.failures = 0;
  one.paused_until = {};
}

std::chrono::seconds login_limiter::retry_after(std::string_view address, steady_time now) const {
  auto const known = by_address_.find(key_of(address));
  if (per_minute_ == 0 || known == by_address_.end()) return std::chrono::seconds{0};
  auto const& one = *known->second;
  double wait = seconds(pause_left(one, now));
  for (auto const* each : {&one.challenges, &one.logins})
    wait = std::max(wait, (1 - level(*each, now)) * 60 / static_cast<double>(per_minute_));
  return std::chrono::seconds{static_cast<std::int64_t>(std::ceil(std::max(0.0, wait)))};
}

}  // namespace krane
