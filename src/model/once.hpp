#pragma once
// A request that is carried out once, however often it is sent: its sender gives it a key of its own
// (Idempotency-Key), and what it was answered is kept under that key for a day.
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace krane {

inline constexpr std::chrono::hours answers_are_kept_for{24};

using request_hash = std::array<std::uint8_t, 32>;

struct request_key {
  request_hash key{};   // of the key and of who sent it
  request_hash what{};  // of all that was asked: one key stands for one request
  friend bool operator==(request_key const&, request_key const&) = default;
};

struct given_answer {
  int status = 0;
  std::string location;  // or empty
  std::string body;
  friend bool operator==(given_answer const&, given_answer const&) = default;
};

// An answer that is to be kept in the commit that it tells of, so that no crash can part the two.
// Threads: `make` is called on any.
template <class T>
struct answer_to_keep {
  request_key under;
  std::function<given_answer(T const&)> make;
};

}  // namespace krane
