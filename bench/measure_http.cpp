#include <fmt/format.h>

#include <stdexcept>

#include "bench/bench_server.hpp"
#include "bench/constant_server.hpp"
#include "bench/load.hpp"
#include "bench/measure.hpp"

namespace krane::bench {
namespace {

constexpr std::size_t clients = 32;

struct figures {
  std::vector<double> per_second, p50, p99;

  void add(load_result const& one) {
    if (one.failed > 0) throw std::runtime_error("a request failed: " + one.first_failure);
    per_second.push_back(one.per_second);
    p50.push_back(one.p50_ms);
    p99.push_back(one.p99_ms);
  }
  void show(std::string what, report& to) const {
    to.row(std::move(what), median(per_second), "/s", {},
           fmt::format("p50 {:.2f} ms, p99 {:.2f} ms", median(p50), median(p99)));
  }
};

figures load_rounds(setup const& with, bench_server& server, std::string const& request) {
  figures seen;
  for (std::size_t i = 0; i < with.rounds; ++i) seen.add(send_for(server.port(), {request}, clients, with.how_long));
  return seen;
}

void measure_long_list(setup const& with, bench_server& server, report& to) {
  auto const request = server.request("GET", "/deployments");
  auto const bytes = send_each_once(server.port(), {request}, 1).body_bytes;
  constant_server constant(with.self, bytes);
  figures list, fixed;
  for (std::size_t i = 0; i < with.rounds; ++i) {
    fixed.add(send_for(constant.port(), {"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"}, clients, with.how_long));
    list.add(send_for(server.port(), {request}, clients, with.how_long));
  }
  list.show(fmt::format("GET /deployments, 1,000 of them ({} KB)", bytes / 1000), to);
  fixed.show("a constant body of that size, same HTTP layer", to);
  to.row("the list, of the constant body's rate", 100 * median(list.per_second) / median(fixed.per_second), "%",
         at_least(70));
}

}  // namespace

void measure_http(setup const& with, report& to) {
  to.group(fmt::format("Requests, {} connections", clients));
  bool const engine = !with.engine.empty();
  bench_server server(with.server, engine ? with.engine : no_engine);
  server.start(engine);
  load_rounds(with, server, server.request("GET", "/login")).show("GET /login", to);
  server.create_many(0, 1);
  load_rounds(with, server, server.request("GET", "/deployments")).show("GET /deployments, 1 of them", to);
  server.create_many(1, 99);
  load_rounds(with, server, server.request("GET", "/deployments")).show("GET /deployments, 100 of them", to);
  server.create_many(100, 900);
  measure_long_list(with, server, to);
  if (engine)
    load_rounds(with, server, server.request("GET", "/deployments/" + deployment_name_of(0)))
        .show("GET /deployments/:name (asks the engine)", to);
}

// Against no engine, so that what is measured is the acceptance and not the work that follows.
void measure_accept(setup const& with, report& to) {
  to.group("POST /deployments/:name/run to its 202, on the disk");
  bench_server server(with.server, no_engine);
  server.start(false);
  server.create_many(0, clients);
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < clients; ++i)
    requests.push_back(server.request("POST", fmt::format("/deployments/{}/run", deployment_name_of(i))));
  figures alone, together;
  for (std::size_t i = 0; i < with.rounds; ++i) {
    alone.add(send_for(server.port(), requests, 1, with.how_long));
    together.add(send_for(server.port(), requests, clients, with.how_long));
  }
  to.row("one client, p50", median(alone.p50), "ms", at_most(2));
  to.row("one client, p99", median(alone.p99), "ms", at_most(25));
  to.row("one client", median(alone.per_second), "/s");
  together.show(fmt::format("{} clients", clients), to);
}

}  // namespace krane::bench
