#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "bench/bench_server.hpp"
#include "bench/container_image.hpp"
#include "bench/engine_calls.hpp"
#include "bench/load.hpp"
#include "bench/many_connections.hpp"
#include "bench/measure.hpp"
#include "e2e/harness/docker.hpp"

namespace krane::bench {
namespace {

constexpr char front_name[] = "bench-cost";
constexpr char engine_name[] = "bench-cost-engine";
constexpr std::size_t many_clients = 16;
constexpr std::size_t open_at_once = 5'000;
constexpr char question[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
constexpr char only_question[] = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n";
constexpr char big_question[] = "GET /big HTTP/1.1\r\nHost: bench\r\n\r\n";
constexpr double big_megabytes = 1;

struct ways {
  load_target direct, front, engine;
  std::array<load_target const*, 3> all() const { return {&direct, &front, &engine}; }
};

struct measured {
  std::vector<double> direct, front, engine;
  std::vector<double>& of(std::size_t way) { return way == 0 ? direct : way == 1 ? front : engine; }
};

// Each way after the other, over and over, so that what else happens meanwhile happens to all.
measured compare(setup const& with, ways const& to, char const* request, std::size_t connections, bool anew,
                 double load_result::* figure) {
  measured out;
  for (std::size_t i = 0; i < with.rounds; ++i) {
    for (std::size_t way = 0; way < 3; ++way) {
      load_target target = *to.all()[way];
      target.new_connections = anew;
      auto const seen = send_for(target, request, connections, with.how_long);
      if (seen.failed > 0) throw std::runtime_error("a request failed: " + seen.first_failure);
      out.of(way).push_back(seen.*figure);
    }
  }
  return out;
}

void show_latency(report& to, std::string const& what, measured const& m, std::optional<goal> wanted) {
  to.row("added by the front to p50, " + what, median(m.front) - median(m.direct), "ms", wanted,
         fmt::format("({:.3f} direct, {:.3f} front, {:.3f} the engine's proxy)", median(m.direct), median(m.front),
                     median(m.engine)));
}

void show_throughput(report& to, std::string const& what, char const* unit, measured const& m,
                     std::optional<goal> wanted) {
  to.row(what + ", front", median(m.front), unit);
  to.row(what + ", the engine's proxy", median(m.engine), unit, {},
         fmt::format("({:.0f} straight to the container)", median(m.direct)));
  to.row("front, of the engine's proxy", median(m.front) / median(m.engine), "×", wanted);
}

void scale(std::vector<double>& values, double by) {
  for (double& one : values) one *= by;
}

}  // namespace

void measure_front_cost(setup const& with, report& to) {
  to.group("What the front costs: one client, then 16; straight to the container, and through the engine's proxy");
  if (with.engine.empty()) return to.note("left out: there is no engine");
  engine_calls engine(with.engine);
  engine.ensure_network();
  container_image const image(engine, with.self);
  bench_server server(with.server, with.engine);
  server.start(true);
  ways to_it;
  to_it.front.port = e2e::free_port();
  server.create(front_name, image.config(to_it.front.port));
  server.run_to_its_end(front_name, "1");
  to_it.engine.port = e2e::free_port();
  server.create(engine_name, image.config(to_it.engine.port, R"(,"publish":"engine")"));
  server.run_to_its_end(engine_name, "1");
  auto const id = server.call("GET", fmt::format("/deployments/{}", front_name)).at("/data/containers/0/Id");
  to_it.direct.address =
      e2e::text_at(e2e::docker(with.engine).inspect(id), "/NetworkSettings/Networks/krane/IPAddress");
  to_it.direct.port = 8080;

  show_latency(to, "kept", compare(with, to_it, question, 1, false, &load_result::p50_ms), at_most(0.1));
  show_latency(to, "connection anew", compare(with, to_it, only_question, 1, true, &load_result::p50_ms), {});
  show_throughput(to, "requests, kept", "/s",
                  compare(with, to_it, question, many_clients, false, &load_result::per_second), at_least(1));
  show_throughput(to, "requests, each on a new connection", "/s",
                  compare(with, to_it, only_question, many_clients, true, &load_result::per_second), at_least(1));
  auto big = compare(with, to_it, big_question, 4, false, &load_result::per_second);
  for (std::size_t way = 0; way < 3; ++way) scale(big.of(way), big_megabytes * 1.048576);
  show_throughput(to, "answers of 1 MiB, 4 clients", "MB/s", big, at_least(1));

  double const before = server.front_megabytes();
  many_connections const many(to_it.front.port, open_at_once, question);
  to.row("connections open at once, asked for", static_cast<double>(open_at_once), "");
  to.row("connections open at once, served", static_cast<double>(many.served()), "",
         at_least(static_cast<double>(open_at_once)), many.first_failure());
  to.row("HAProxy, resident", before, "MB", {}, fmt::format("({:.1f} with those open)", server.front_megabytes()));
  server.remove(front_name);
  server.remove(engine_name);
}

}  // namespace krane::bench
