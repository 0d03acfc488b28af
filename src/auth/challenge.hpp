#pragma once
// The phrases that clients sign, without keeping any: a request id carries all that is needed to know it again, sealed
// by a key that is made at each start. Only those that were used are remembered, until they would have run out anyway.
// Their time is that of a clock that nobody sets.
//
// Threads: the network thread.
// Failure: errc::unauthorized; the sentence is for the log.
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "auth/authenticator.hpp"
#include "auth/digest.hpp"
#include "auth/steady_time.hpp"

namespace krane {

// What a request id says, once its seal is checked.
struct known_challenge {
  steady_time issued_at;
  std::array<std::uint8_t, 16> nonce{};
  std::string host;
  std::string phrase;
};

class challenge_book {
public:
  // A use is remembered until the challenge runs out; past this many, nothing is accepted until some have.
  static constexpr std::size_t max_burnt = 100'000;

  explicit challenge_book(std::chrono::seconds lifetime);

  challenge issue(std::string_view host, steady_time now) const;
  // Whether we made it since the start, it has not run out and was not used.
  result<known_challenge> check(std::string_view request_id, steady_time now) const;
  // The same once more, and from here on it has been used. Of all who call this with one id, one gets true.
  bool burn(known_challenge const& what, steady_time now);
  std::size_t burnt() const { return burnt_.size(); }

private:
  using mark = std::pair<steady_time, std::array<std::uint8_t, 16>>;

  std::string phrase_for(std::string_view host, std::string_view body) const;
  std::string_view why_over(steady_time issued_at, std::array<std::uint8_t, 16> const& nonce, steady_time now) const;
  void forget_old(steady_time now);

  std::chrono::seconds lifetime_;
  std::array<std::uint8_t, 32> key_{};
  std::set<mark> burnt_;
  steady_time forgotten_until_{};  // of what was issued before, it is no longer known whether it was used
};

// What the phrase may hold of a Host header: lower case, 255 characters, anything but [a-z0-9.:_-] and brackets as '_'.
std::string host_for_phrase(std::string_view host);

}  // namespace krane
