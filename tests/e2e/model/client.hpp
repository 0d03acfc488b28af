#pragma once
// A client that asks for what its plan says, whether the server runs or not, and writes down what came of it. It sends
// as soon as the server listens, and again where that cannot do harm: when it could not connect, when it was told to
// come back, and, with an Idempotency-Key, when the connection broke.
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "e2e/harness/http.hpp"
#include "e2e/model/history.hpp"
#include "e2e/model/plan.hpp"

namespace krane::e2e::model {

struct server_access {
  endpoint where;
  fields authorized;  // the header with the token
};

class client {
public:
  client(server_access to, std::uint32_t seed, int number, std::vector<subject> const& all, history& writes)
      : to_(std::move(to)), number_(number), plan_(seed, number, all), all_(all), history_(writes), seed_(seed) {}

  // Until it is told to end, and the answer of then has come.
  void ask_until(std::atomic<bool> const& end);

private:
  operation carry_out(wish const& what, std::atomic<bool> const& end);

  server_access to_;
  int number_;
  client_plan plan_;
  std::vector<subject> const& all_;
  history& history_;
  std::uint32_t seed_;
  std::uint64_t keys_ = 0;
};

// One that only reads, all the time: reads are answered whatever the server is about.
class reader {
public:
  explicit reader(server_access to) : to_(std::move(to)) {}
  void read_until(std::atomic<bool> const& end, std::vector<subject> const& all);
  std::size_t take_answered() { return std::exchange(answered_, 0); }
  // What it was answered with that is no answer to a reader.
  std::vector<std::string> take_wrong() { return std::exchange(wrong_, {}); }

private:
  server_access to_;
  std::size_t answered_ = 0;
  std::vector<std::string> wrong_;
};

}  // namespace krane::e2e::model
