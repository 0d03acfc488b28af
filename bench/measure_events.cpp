#include <fmt/format.h>

#include <stdexcept>
#include <thread>

#include "bench/bench_server.hpp"
#include "bench/load.hpp"
#include "bench/measure.hpp"
#include "bench/readers.hpp"

namespace krane::bench {
namespace {

constexpr std::size_t single_events = 40;
constexpr std::size_t burst_runs = 300;

std::string handshake(bench_server& server, std::string const& name) {
  return fmt::format(
      "GET /deployments/{}/events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n\r\n",
      name, server.port(), server.token());
}

// One run at a time, so that each event travels alone.
std::vector<double> latency_of_single_events(bench_server& server, readers& all, std::string const& run) {
  all.reset();
  for (std::size_t i = 0; i < single_events; ++i) {
    auto const sent = send_each_once(server.port(), {run}, 1);
    if (sent.failed > 0) throw std::runtime_error("a run was not accepted: " + sent.first_failure);
    std::this_thread::sleep_for(std::chrono::milliseconds(40));
  }
  return all.settled().latency_ms;
}

}  // namespace

// Each accepted run of a deployment whose engine is down makes events: that it was accepted, and that it replaces the
// one that waited.
void measure_events(setup const& with, report& to) {
  to.group("Events to WebSocket readers of one deployment");
  bench_server server(with.server, no_engine);
  server.start(false);
  server.create_many(0, 1);
  auto const name = deployment_name_of(0);
  auto const run = server.request("POST", fmt::format("/deployments/{}/run", name));
  for (std::size_t const count : {1, 100, 1'000}) {
    readers all(server.port(), handshake(server, name), count);
    auto latency = latency_of_single_events(server, all, run);
    std::vector<double> rates;
    std::size_t closed = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(with.rounds, 3); ++i) {
      all.reset();
      auto const sent = send_each_once(server.port(), std::vector<std::string>(burst_runs, run), 8);
      if (sent.failed > 0) throw std::runtime_error("a run was not accepted: " + sent.first_failure);
      auto const seen = all.settled();
      rates.push_back(1000.0 * static_cast<double>(seen.messages) / seen.last_after_ms);
      closed = seen.closed;
    }
    auto const p50 = quantile(latency, 0.5);
    auto const p99 = quantile(latency, 0.99);
    to.row(fmt::format("{} reader{}: delivered from a burst of 8 clients' runs", count, count == 1 ? "" : "s"),
           median(rates), "/s", {},
           fmt::format("one event alone p50 {:.2f} ms, p99 {:.2f} ms{}", p50, p99,
                       closed > 0 ? fmt::format("; {} readers closed", closed) : ""));
    if (count == 1'000) to.row("resident memory with 1,000 readers", server.rss_megabytes(), "MB");
  }
}

}  // namespace krane::bench
