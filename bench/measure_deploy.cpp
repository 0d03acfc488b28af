#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "bench/bench_server.hpp"
#include "bench/engine_calls.hpp"
#include "bench/knocker.hpp"
#include "bench/measure.hpp"

namespace krane::bench {
namespace {

using clock = std::chrono::steady_clock;

constexpr char image[] = "krane-test/web";
// As run_options has it; the bare calls are followed by the same check.
constexpr std::chrono::milliseconds settle{300};

double ms_since(clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(clock::now() - begin).count();
}

// Containers of an earlier round that was cut off, and one that is never started and keeps the images in use.
class test_images {
public:
  explicit test_images(engine_calls& engine) : engine_(engine) {
    engine_.ensure_network();
    for (auto const* tag : {"1", "2"}) {
      engine_.pull(image, tag);
      kept_.push_back(
          engine_.create(fmt::format("krane-bench-keep-{}-{}", tag, ::getpid()), fmt::format("{}:{}", image, tag), 0));
    }
  }
  ~test_images() {
    try {
      for (auto const& id : kept_) engine_.remove(id);
    } catch (std::exception const& e) {
      fmt::print(stderr, "krane-bench: {}\n", e.what());
    }
  }
  test_images(test_images const&) = delete;

private:
  engine_calls& engine_;
  std::vector<std::string> kept_;
};

double bare_deploy(engine_calls& engine, std::size_t round) {
  auto const begin = clock::now();
  engine.pull(image, "1");
  auto const id = engine.create(fmt::format("krane-bench-{}-{}", ::getpid(), round), fmt::format("{}:1", image), 0);
  engine.start(id);
  engine.check(id, settle);
  auto const took = ms_since(begin);
  engine.remove(id);
  return took;
}

double krane_deploy(bench_server& server) {
  server.create("bench-deploy", fmt::format(R"("image":"{}","container_port":"8080")", image));
  auto const begin = clock::now();
  server.run_to_its_end("bench-deploy", "1");
  auto const took = ms_since(begin);
  server.remove("bench-deploy");
  return took;
}

double bare_gap(engine_calls& engine, std::size_t round) {
  int const port = e2e::free_port();
  auto const name = [&](int part) { return fmt::format("krane-bench-{}-{}-{}", ::getpid(), round, part); };
  auto const old_one = engine.create(name(1), fmt::format("{}:1", image), port);
  engine.start(old_one);
  knocker knock(static_cast<std::uint16_t>(port));
  auto const new_one = engine.create(name(2), fmt::format("{}:2", image), port);
  engine.stop(old_one);
  engine.start(new_one);
  engine.check(new_one, settle);
  auto const gap = knock.finish();
  engine.remove(old_one);
  engine.remove(new_one);
  return gap;
}

double krane_gap(bench_server& server) {
  auto const port = e2e::free_port();
  server.create("bench-gap", fmt::format(R"("image":"{}","container_port":"8080","host_port":"{}","publish":"engine")",
                                         image, port));
  server.run_to_its_end("bench-gap", "1");
  knocker knock(port);
  server.run_to_its_end("bench-gap", "2");
  auto const gap = knock.finish();
  server.remove("bench-gap");
  return gap;
}

}  // namespace

void measure_deploy(setup const& with, report& to) {
  to.group(fmt::format("Deploys of a present image, checked for {} ms", settle.count()));
  if (with.engine.empty()) return to.note("left out: there is no engine");
  engine_calls engine(with.engine);
  test_images const images(engine);
  bench_server server(with.server, with.engine);
  server.start(true);
  std::vector<double> ours, bare, over;
  for (std::size_t i = 0; i < std::max<std::size_t>(with.rounds, 5); ++i) {
    bare.push_back(bare_deploy(engine, i));
    ours.push_back(krane_deploy(server));
    over.push_back(ours.back() - bare.back());
  }
  to.row("POST …/run to its end", median(ours), "ms");
  to.row("the bare calls: pull, create, start, the same check", median(bare), "ms");
  to.row("what krane adds", median(ours) - median(bare), "ms", at_most(20),
         fmt::format("(pair by pair {:.0f})", median(over)));
}

void measure_gap(setup const& with, report& to) {
  to.group("Redeploys on one host port, a client knocking every 2 ms: how long nothing answers");
  if (with.engine.empty()) return to.note("left out: there is no engine");
  engine_calls engine(with.engine);
  test_images const images(engine);
  bench_server server(with.server, with.engine);
  server.start(true);
  std::vector<double> ours, bare;
  for (std::size_t i = 0; i < std::max<std::size_t>(with.rounds, 5); ++i) {
    bare.push_back(bare_gap(engine, i));
    ours.push_back(krane_gap(server));
  }
  auto const [bare_min, bare_max] = std::ranges::minmax(bare);
  auto const [ours_min, ours_max] = std::ranges::minmax(ours);
  to.row("krane", median(ours), "ms", {}, fmt::format("{:.0f} to {:.0f}", ours_min, ours_max));
  to.row("bare: stop the old one, start the new one", median(bare), "ms", {},
         fmt::format("{:.0f} to {:.0f}", bare_min, bare_max));
  to.row("krane, of the bare gap", median(ours) / median(bare), "×", at_most(1.05));
}

}  // namespace krane::bench
