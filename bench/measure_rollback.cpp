#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "bench/bench_server.hpp"
#include "bench/container_image.hpp"
#include "bench/engine_calls.hpp"
#include "bench/measure.hpp"
#include "bench/paced_load.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr char name[] = "bench-rollback";
constexpr auto look_every = 1ms;
constexpr auto look_at_most = 30s;
constexpr std::size_t enough_answers = 50;

struct way_back {
  double first_answer_ms;  // from the request to the first answer of the release that was gone back to
  double run_ms;           // as the run's own times have it
};

bool has_ended(bench_server& server) {
  return server.call("GET", fmt::format("/deployments/{}/runs?limit=1", name)).at("/data/0/finished") == "true";
}

way_back go_back(bench_server& server, std::uint16_t port, std::string const& wanted) {
  auto const begin = clock::now();
  auto const accepted = server.call("POST", fmt::format("/deployments/{}/rollback", name));
  if (accepted.status != 202) throw std::runtime_error("the way back is refused: " + accepted.body);
  std::string const body = "web " + wanted + "\n";
  auto const is_back = [&] { return e2e::exchange(e2e::endpoint::tcp(port), "GET", "/").body == body; };
  while (!is_back()) {
    if (clock::now() - begin > look_at_most) throw std::runtime_error("the release before does not answer");
    std::this_thread::sleep_for(look_every);
  }
  std::chrono::duration<double, std::milli> const first = clock::now() - begin;
  while (!has_ended(server)) {
    if (clock::now() - begin > look_at_most) throw std::runtime_error("the run does not end");
    std::this_thread::sleep_for(10ms);
  }
  std::chrono::duration<double, std::milli> const whole = clock::now() - begin;
  return {first.count(), whole.count()};
}

void measure_ways_back(setup const& with, bench_server& server, container_image const& image, report& to,
                       std::string const& more, double goal_ms) {
  auto const port = e2e::free_port();
  server.create(name, image.config(port, more));
  server.run_to_its_end(name, "1");
  server.run_to_its_end(name, "2");
  paced_load load(port);
  std::vector<double> first, whole;
  for (std::size_t i = 0; i < with.rounds; ++i) {
    std::string const wanted = i % 2 == 0 ? "1" : "2";
    auto const seen = go_back(server, port, wanted);
    first.push_back(seen.first_answer_ms);
    whole.push_back(seen.run_ms);
    if (!load.answered_by(wanted[0], enough_answers)) throw std::runtime_error("the release before does not answer");
  }
  auto const seen = load.finish();
  server.remove(name);
  auto const [quickest, slowest] = std::ranges::minmax(first);
  to.row("from the request to the first answer", median(first), "ms", at_most(goal_ms),
         fmt::format("({:.0f} to {:.0f})", quickest, slowest));
  to.row("to the end of the run", median(whole), "ms");
  to.row("failed requests", static_cast<double>(seen.failed), "", at_most(0),
         fmt::format("of {}{}{}", seen.samples.size(),
                     seen.first_failure.empty() ? "" : "; the first: ", seen.first_failure));
}

}  // namespace

void measure_rollback(setup const& with, report& to) {
  if (with.engine.empty()) {
    to.group("Going back");
    return to.note("left out: there is no engine");
  }
  engine_calls engine(with.engine);
  engine.ensure_network();
  container_image const image(engine, with.self);
  bench_server server(with.server, with.engine);
  server.start(true);
  to.group("Going back to a release that is kept warm, at 1,000 requests/s");
  measure_ways_back(with, server, image, to, R"(,"keep_warm":"5m")", 100);
  to.group("Going back to one that is not: its container is made anew, the same load");
  measure_ways_back(with, server, image, to, R"(,"keep_warm":"0")", 1'000);
}

}  // namespace krane::bench
