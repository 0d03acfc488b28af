// Measures a krane-server and prints a table; see scripts/bench, which brings an engine.
//   krane-bench --server PATH [--command PATH] [--engine DOCKER_HOST] [--rounds N] [--seconds S] [--only PART]…
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/constant_server.hpp"
#include "bench/measure.hpp"

namespace {

using namespace krane::bench;

struct part {
  char const* name;
  void (*measure)(setup const&, report&);
};
constexpr part parts[] = {
    {"start", measure_start},      {"command", measure_command}, {"http", measure_http},
    {"accept", measure_accept},    {"deploy", measure_deploy},   {"gap", measure_gap},
    {"events", measure_events},    {"front", measure_front},     {"front-cost", measure_front_cost},
    {"rollback", measure_rollback}};

int usage() {
  std::fputs(
      "krane-bench --server PATH [--command PATH] [--engine DOCKER_HOST] [--rounds N] [--seconds S] [--only PART]…\n"
      "PART: start command http accept deploy gap events front front-cost rollback\n",
      stderr);
  return 2;
}

std::string load_average() {
  std::ifstream file("/proc/loadavg");
  std::string one;
  file >> one;
  return one;
}

// A thousand readers, and the server inherits it.
void allow_many_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 65'536);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// "front-cost" is of "front", too.
bool is_of(std::string const& name, std::string const& wanted) {
  return name == wanted || name.starts_with(wanted + "-");
}

int measure(setup const& with, std::vector<std::string> const& only) {
  fmt::print("{} cores, load average {} at the start; medians of {} rounds\n", std::thread::hardware_concurrency(),
             load_average(), with.rounds);
  report table;
  std::size_t broken = 0;
  for (auto const& [name, run] : parts) {
    if (!only.empty() && !std::ranges::any_of(only, [&](std::string const& one) { return is_of(name, one); })) continue;
    try {
      run(with, table);
    } catch (std::exception const& e) {
      ++broken;
      table.note(fmt::format("CANNOT BE MEASURED: {}", e.what()));
    }
  }
  fmt::print("\n{}\n", table.all_met() ? "Every goal that was measured is met."
                                       : fmt::format("Goals missed: {}.", table.missed()));
  return broken > 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** values) {
  setup with;
  std::vector<std::string> only;
  std::vector<std::string> const arguments(values + 1, values + count);
  with.self = std::filesystem::read_symlink("/proc/self/exe").string();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string const& flag = arguments[i];
    if (i + 1 == arguments.size()) return usage();
    std::string const& value = arguments[++i];
    char* end = nullptr;
    double const number = std::strtod(value.c_str(), &end);
    bool const is_number = *end == '\0' && number > 0;
    if (flag == "--server")
      with.server = value;
    else if (flag == "--command")
      with.command = value;
    else if (flag == "--engine")
      with.engine = value;
    else if (flag == "--only")
      only.push_back(value);
    else if (flag == "--rounds" && is_number)
      with.rounds = static_cast<std::size_t>(number);
    else if (flag == "--seconds" && is_number)
      with.how_long = std::chrono::milliseconds(static_cast<long>(number * 1000));
    else if (flag == "--constant" && is_number)
      return serve_constant(static_cast<std::size_t>(number));
    else
      return usage();
  }
  if (with.server.empty()) return usage();
  allow_many_files();
  return measure(with, only);
}
