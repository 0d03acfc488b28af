#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/clock.hpp"
#include "bench/bench_server.hpp"
#include "bench/container_image.hpp"
#include "bench/engine_calls.hpp"
#include "bench/measure.hpp"
#include "bench/paced_load.hpp"

namespace krane::bench {
namespace {

using namespace std::chrono_literals;

constexpr char name[] = "bench-front";
constexpr std::size_t redeploys_each_round = 20;
constexpr auto near_a_switch = 250ms;
constexpr std::size_t enough_answers = 100;

char const* tag_of(std::size_t redeploy) {
  return redeploy % 2 == 0 ? "2" : "1";
}

void deploy_under(paced_load& load, bench_server& server, std::size_t redeploy) {
  server.run_to_its_end(name, tag_of(redeploy));
  if (!load.answered_by(*tag_of(redeploy), enough_answers)) throw std::runtime_error("the new release does not answer");
}

std::string failures(paced_result const& seen) {
  return fmt::format("of {}{}{}", seen.samples.size(),
                     seen.first_failure.empty() ? "" : "; the first: ", seen.first_failure);
}

void measure_redeploys(setup const& with, bench_server& server, container_image const& image, report& to) {
  auto const redeploys = redeploys_each_round * with.rounds;
  to.group(fmt::format("{} redeploys behind the front, at 1,000 requests/s, half of them on connections that are kept",
                       redeploys));
  auto const port = e2e::free_port();
  server.create(name, image.config(port));
  server.run_to_its_end(name, "1");
  paced_load load(port);
  for (std::size_t i = 0; i < redeploys; ++i) deploy_under(load, server, i);
  auto seen = load.finish();
  server.remove(name);
  auto figures = around_switches(seen.samples, near_a_switch);
  to.row("failed requests", static_cast<double>(seen.failed), "", at_most(0), failures(seen));
  to.row("sent again on a new connection, as RFC 9112 has it", static_cast<double>(seen.repeated), "");
  to.row("requests", static_cast<double>(seen.samples.size()) / seen.seconds, "/s");
  to.row(fmt::format("p99 within {} ms of a switch", near_a_switch.count()), quantile(figures.near_ms, 0.99), "ms",
         at_most(50), fmt::format("({} switches, p50 {:.2f})", figures.switches, quantile(figures.near_ms, 0.5)));
  to.row("p99 at all other times", quantile(figures.other_ms, 0.99), "ms", {},
         fmt::format("(p50 {:.2f})", quantile(figures.other_ms, 0.5)));
  to.row("longest", std::max(quantile(figures.near_ms, 1), quantile(figures.other_ms, 1)), "ms");
}

void measure_engine_redeploys(setup const& with, bench_server& server, container_image const& image, report& to) {
  to.group(fmt::format("Beside it: {} redeploys on a port that the engine publishes, the same load", with.rounds));
  auto const port = e2e::free_port();
  server.create(name, image.config(port, R"(,"publish":"engine")"));
  server.run_to_its_end(name, "1");
  std::vector<double> failed, silent;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < with.rounds; ++i) {
    paced_load load(port);
    deploy_under(load, server, i);
    auto const seen = load.finish();
    failed.push_back(static_cast<double>(seen.failed));
    silent.push_back(longest_silence_ms(seen.samples));
    repeated += seen.repeated;
  }
  server.remove(name);
  to.row("failed requests a redeploy", median(failed), "", {}, fmt::format("({} sent again)", repeated));
  to.row("nothing answers for", median(silent), "ms");
}

// From the stop of the old container to the new one's passed check, as the newest run's events have it.
double stop_and_start_ms(bench_server& server) {
  auto const all = server.call("GET", fmt::format("/deployments/{}/events", name)).json();
  std::map<std::string, time_point> last;
  for (auto const& event : all.at("data").as_array())
    if (auto const at = parse_rfc3339(e2e::text_at(event, "/Timestamp"))) last[e2e::text_at(event, "/Phase")] = *at;
  return std::chrono::duration<double, std::milli>(last["check"] - last["stop_old"]).count();
}

void measure_recreate(setup const& with, bench_server& server, container_image const& image, report& to) {
  to.group(fmt::format("{} redeploys with `rollout: recreate`, the same load: connections wait", with.rounds));
  auto const port = e2e::free_port();
  server.create(name, image.config(port, R"(,"rollout":"recreate")"));
  server.run_to_its_end(name, "1");
  std::vector<double> longest, stop_and_start;
  std::size_t failed = 0;
  std::size_t repeated = 0;
  std::uint64_t held = 0;
  std::uint64_t refused = 0;
  std::string first_failure;
  for (std::size_t i = 0; i < with.rounds; ++i) {
    paced_load load(port);
    deploy_under(load, server, i);
    auto const seen = load.finish();
    longest.push_back(std::ranges::max_element(seen.samples, {}, &sample::took_ms)->took_ms);
    stop_and_start.push_back(stop_and_start_ms(server));
    failed += seen.failed;
    repeated += seen.repeated;
    if (first_failure.empty()) first_failure = seen.first_failure;
    auto const run = server.call("GET", fmt::format("/deployments/{}/runs", name));
    held += std::stoull(run.at("/data/0/traffic/held"));
    refused += std::stoull(run.at("/data/0/traffic/refused"));
  }
  server.remove(name);
  to.row("refused", static_cast<double>(refused), "", at_most(0), fmt::format("({} held)", held));
  to.row("failed requests", static_cast<double>(failed), "", at_most(0), first_failure);
  to.row("sent again on a new connection, as RFC 9112 has it", static_cast<double>(repeated), "");
  to.row("longest wait", median(longest), "ms");
  to.row("stop, start and check", median(stop_and_start), "ms", {},
         fmt::format("(the wait is {:.2f} × it)", median(longest) / median(stop_and_start)));
}

}  // namespace

void measure_front(setup const& with, report& to) {
  if (with.engine.empty()) {
    to.group("The front");
    return to.note("left out: there is no engine");
  }
  engine_calls engine(with.engine);
  engine.ensure_network();
  container_image const image(engine, with.self);
  bench_server server(with.server, with.engine);
  server.start(true);
  measure_redeploys(with, server, image, to);
  measure_engine_redeploys(with, server, image, to);
  measure_recreate(with, server, image, to);
}

}  // namespace krane::bench
