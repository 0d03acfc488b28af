#pragma once
// Clients of a host port that ask for "/" without end, each on a thread of its own: some on a connection of its own
// each time, some on one that stays open for half a second to a second and is then opened anew, as browsers and pools
// do. What goes wrong is remembered, nothing is tried again.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "e2e/harness/wire.hpp"

namespace krane::e2e {

// One answer's body from an open connection. Failure: std::runtime_error.
std::string ask_on(wire& connection, std::chrono::milliseconds limit = std::chrono::seconds(15));

class clients {
public:
  struct numbers {
    int new_each_time = 0;
    int kept_alive = 0;
  };
  clients(std::uint16_t port, numbers how_many);
  ~clients() { finish(); }
  clients(clients const&) = delete;

  struct seen {
    std::size_t refused = 0;  // could not connect
    std::size_t cut = 0;      // no whole answer on a connection that was open
    std::string first_failure;
    std::map<std::string, std::size_t> bodies;
    std::size_t failed() const { return refused + cut; }
    std::size_t answered() const;
  };
  seen so_far() const;
  // True when `more` answers with this body (empty: any) have come since the call.
  bool served(std::size_t more, std::string const& body = {}) const;
  // Ends them after the answer that each waits for.
  seen finish();

private:
  void ask_on_new_connections();
  void ask_on_one_for(std::chrono::milliseconds life);
  // False: they are to end.
  bool pause();
  template <typename Ask>
  void count(Ask ask);

  std::uint16_t const port_;
  mutable std::mutex lock_;
  std::condition_variable ends_;
  bool end_ = false;
  seen seen_;
  std::vector<std::thread> threads_;
};

}  // namespace krane::e2e
