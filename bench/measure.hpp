#pragma once
// One function for each part of the table.
#include <chrono>
#include <cstddef>
#include <string>

#include "bench/report.hpp"

namespace krane::bench {

struct setup {
  std::string self;     // krane-bench
  std::string server;   // krane-server
  std::string command;  // krane
  std::string engine;   // DOCKER_HOST of a real engine; empty: there is none
  std::size_t rounds = 5;
  std::chrono::milliseconds how_long{1500};  // of each load
};

// A socket at which no engine answers: runs are accepted and wait.
inline constexpr char no_engine[] = "unix:///nonexistent/krane-bench.sock";

void measure_start(setup const& with, report& to);
void measure_command(setup const& with, report& to);
void measure_http(setup const& with, report& to);
void measure_accept(setup const& with, report& to);
void measure_deploy(setup const& with, report& to);
void measure_gap(setup const& with, report& to);
void measure_events(setup const& with, report& to);
void measure_front(setup const& with, report& to);
void measure_rollback(setup const& with, report& to);
// What a connection through the front costs, beside one straight to the container and one through the engine's
// userland proxy, which has the connections to 127.0.0.1 where the engine publishes a port.
void measure_front_cost(setup const& with, report& to);

}  // namespace krane::bench
