#pragma once
// What the clients of the model test asked for, and what they were told.
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace krane::e2e::model {

enum class verb { put, run, rollback, stop, start, restart, scale, cancel, remove };
inline constexpr verb every_verb[] = {verb::put,     verb::run,   verb::rollback, verb::stop,  verb::start,
                                      verb::restart, verb::scale, verb::cancel,   verb::remove};
std::string_view word_for(verb what);

// What a client knows in the end.
enum class told {
  accepted,
  refused,  // the server did nothing
  unknown,  // the connection broke: the server may have done it, once, before that
};

using wall_time = std::chrono::system_clock::time_point;
std::string in_words(wall_time when);  // "08:15:02.123", UTC as in events

struct operation {
  int client = 0;
  std::string name;  // of the deployment
  verb what = verb::put;
  std::string tag = {};   // run
  unsigned replicas = 0;  // scale
  bool keyed = false;     // sent again with the same Idempotency-Key until it was answered
  int times_sent = 0;
  int put_off = 0;  // of these: answered that the server recovers or stops
  wall_time sent = {};
  wall_time answered = {};
  told answer = told::unknown;
  int status = 0;
  std::string reason = {};            // of a refusal, or of an answer that did not come
  std::string run = {};               // the id of what was accepted
  std::uint64_t number = 0;           // of that run
  std::vector<std::string> all = {};  // cancel: the ids of all runs that it cancels
};

std::string in_words(operation const& one);

class history {
public:
  void add(operation one);
  // All since the last time, in the order of their answers.
  std::vector<operation> take();

private:
  std::mutex lock_;
  std::vector<operation> all_;
};

}  // namespace krane::e2e::model
