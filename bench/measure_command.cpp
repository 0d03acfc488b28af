#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <fmt/format.h>
#include <chrono>
#include <stdexcept>

#include "bench/bench_server.hpp"
#include "bench/measure.hpp"

namespace krane::bench {
namespace {

constexpr std::size_t starts_a_round = 20;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& one : texts) out.push_back(one.data());
  out.push_back(nullptr);
  return out;
}

// From the start to the end, its output going nowhere.
double run_once_ms(std::vector<std::string> command, std::vector<std::string> environment) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  auto const arguments = pointers(command);
  auto const variables = pointers(environment);
  auto const begin = std::chrono::steady_clock::now();
  pid_t pid = 0;
  int const failed = posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  int status = -1;
  if (failed != 0 || waitpid(pid, &status, 0) != pid || status != 0)
    throw std::runtime_error(fmt::format("{} {} failed", command[0], command[1]));
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

double median_ms(setup const& with, std::vector<std::string> const& command,
                 std::vector<std::string> const& environment) {
  run_once_ms(command, environment);  // the program's file is in memory from here on
  std::vector<double> seen;
  for (std::size_t i = 0; i < with.rounds * starts_a_round; ++i) seen.push_back(run_once_ms(command, environment));
  return median(seen);
}

}  // namespace

void measure_command(setup const& with, report& to) {
  to.group("The command, from its start to its end");
  if (with.command.empty()) throw std::runtime_error("--command names no program krane");
  test::temp_folder const home;
  std::vector<std::string> environment{"HOME=" + home.path().string(), "PATH=/usr/bin:/bin"};
  to.row("krane --help", median_ms(with, {with.command, "--help"}, environment), "ms", at_most(10));

  bench_server server(with.server, no_engine);
  server.start(false);
  server.create_many(0, 10);
  environment.push_back(fmt::format("KRANE_ENDPOINT=http://127.0.0.1:{}", server.port()));
  environment.push_back("KRANE_TOKEN=" + server.token());
  to.row("krane ls, of 10 deployments on this machine", median_ms(with, {with.command, "ls"}, environment), "ms",
         at_most(30));
  to.row("krane complete, a deployment's name",
         median_ms(with, {with.command, "complete", "--", "status", ""}, environment), "ms");
  server.stop();
}

}  // namespace krane::bench
