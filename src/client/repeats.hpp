#pragma once
// A request that changes something is sent again where its connection breaks before there is an answer: with an
// Idempotency-Key of its own the server does it once, however often it comes.
#include <chrono>
#include <optional>
#include <string>

#include "client/retry.hpp"

namespace krane::client {

inline constexpr char request_key_header[] = "Idempotency-Key";

// A random UUID.
std::string make_request_key();

// Of one request. Only a connection that was lost is a reason to begin: a server that is not there, or that refuses,
// has done nothing.
class repeats {
public:
  explicit repeats(std::chrono::milliseconds patience);
  // Waits before the next try. Fails with what its sender is to be told.
  task<void> after(error why);

private:
  retry_pause pause_;
  std::optional<error> lost_;
};

}  // namespace krane::client
