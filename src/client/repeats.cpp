#include "client/repeats.hpp"

#include <array>

#include "base/random.hpp"
#include "client/reason.hpp"

namespace krane::client {

using namespace std::chrono_literals;

std::string make_request_key() {
  std::array<std::uint8_t, 16> bytes{};
  fill_random(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);  // version 4
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // as RFC 9562 has it
  std::string text = to_hex(bytes);
  for (std::size_t const at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

repeats::repeats(std::chrono::milliseconds patience)
    : pause_({.first_pause = 200ms, .longest_pause = 1s, .patience = patience}) {}

task<void> repeats::after(error why) {
  if (why.reason == reason::connection_lost) {
    lost_ = std::move(why);
  } else {
    // A server that starts again, or one that is still at the first.
    bool const passes = why.reason == reason::unreachable || why.reason == reason::idempotency_key_in_use;
    if (!lost_ || !passes) co_return why;
  }
  co_return co_await pause_.after(*lost_);
}

}  // namespace krane::client
