#pragma once
// Clients at a steady pace, on a thread of their own: 500 requests a second on a connection of their own each, and 500
// over 50 connections that stay open, each for half a second to a second, and are then opened anew.
//
// Nothing is tried again but, once, a request on a connection that was used before and ended before the first byte of
// the answer: that is what clients do (RFC 9112, 9.3.1), and it is counted.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace krane::bench {

struct sample {
  std::chrono::steady_clock::time_point due;  // when it was to be sent
  double took_ms = 0;                         // from then to the whole answer
  char version = 0;                           // of what answered; 0: it failed
  bool kept = false;                          // on a connection that stays open
};

struct paced_result {
  std::vector<sample> samples;  // by `due`
  std::size_t failed = 0;
  std::string first_failure;
  std::size_t repeated = 0;
  double seconds = 0;
};

class paced_load {
public:
  // Returns when the first answer has come.
  explicit paced_load(std::uint16_t port);
  ~paced_load();
  // True when this many answers of `version` have come since the call; false when a minute is over.
  bool answered_by(char version, std::size_t count);
  paced_result finish();

private:
  struct state;
  std::unique_ptr<state> state_;
};

// The figures of what was due within `around` of the moments at which the version that answers changed.
struct switch_figures {
  std::size_t switches = 0;
  std::vector<double> near_ms;   // requests within `around` of a switch
  std::vector<double> other_ms;  // all others
};
switch_figures around_switches(std::vector<sample> const& samples, std::chrono::milliseconds around);

// The longest time without an answer.
double longest_silence_ms(std::vector<sample> const& samples);

}  // namespace krane::bench
