#pragma once
// Clients that ask as fast as they are answered, each on a connection that stays open unless told otherwise, all on one
// thread.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace krane::bench {

struct load_result {
  std::size_t answered = 0;
  std::size_t failed = 0;  // not 2xx, or no answer
  std::string first_failure;
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  std::size_t body_bytes = 0;  // of the last answer
};

// Each connection takes the next of `requests`, over and over, for `how_long` after a warm-up that does not count.
load_result send_for(std::uint16_t port, std::vector<std::string> requests, std::size_t connections,
                     std::chrono::milliseconds how_long);

// As send_for, somewhere else and to something else.
struct load_target {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  bool new_connections = false;  // one for each request, which asks the server to close it
};
load_result send_for(load_target const& to, std::string request, std::size_t connections,
                     std::chrono::milliseconds how_long);

// Each request once.
load_result send_each_once(std::uint16_t port, std::vector<std::string> requests, std::size_t connections);

}  // namespace krane::bench
