#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "bench/bench_server.hpp"
#include "bench/measure.hpp"

namespace krane::bench {
namespace {

struct figures {
  std::vector<double> answer_ms, ready_ms, rss, own;
};

void start_once(bench_server& server, bool engine, figures& into) {
  auto const times = server.start(engine);
  into.answer_ms.push_back(times.first_answer_ms);
  if (engine) into.ready_ms.push_back(times.ready_ms);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // what is done after the start belongs to it
  into.rss.push_back(server.rss_megabytes());
  into.own.push_back(server.own_megabytes());
}

}  // namespace

void measure_start(setup const& with, report& to) {
  to.group("Start and size (of a process that was just started on what the store holds)");
  bool const engine = !with.engine.empty();
  bench_server server(with.server, engine ? with.engine : no_engine);
  std::size_t made = 0;
  for (std::size_t const count : {std::size_t{0}, std::size_t{1'000}, std::size_t{10'000}}) {
    if (count > made) {
      server.start(engine);
      server.create_many(made, count - made);
      made = count;
      server.stop();
    }
    figures seen;
    for (std::size_t i = 0; i < with.rounds; ++i) {
      start_once(server, engine, seen);
      server.stop();
    }
    auto const of = fmt::format("with {} deployments", count);
    to.row("start to first answer, " + of, median(seen.answer_ms), "ms",
           count == 0 ? std::optional(at_most(30)) : std::nullopt);
    if (engine)
      to.row("start to ready, " + of, median(seen.ready_ms), "ms",
             count == 0 ? std::optional(at_most(30)) : std::nullopt);
    to.row("resident memory, " + of, median(seen.rss), "MB",
           count == 0        ? std::optional(at_most(12))
           : count == 10'000 ? std::optional(at_most(40))
                             : std::nullopt,
           fmt::format("(its own {:.1f}, the rest is program and libraries)", median(seen.own)));
  }
}

}  // namespace krane::bench
