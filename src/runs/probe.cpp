#include "runs/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "model/reason.hpp"
#include "streams/line_splitter.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t output_lines = 20;
constexpr milliseconds connect_limit{1'000};
constexpr milliseconds first_pause{5};
constexpr milliseconds longest_pause{50};
// The engine restarts a container that ended after 100 ms, then 200, 400…, and forgets its exit code until it ends
// again. One that was restarted is watched this long for its next end.
constexpr milliseconds next_end_limit{3'000};

task<void> connect_once(std::string address, port number) {
  boost::system::error_code bad_address;
  auto const ip = asio::ip::make_address(address, bad_address);
  if (bad_address) co_return make_error(errc::unavailable, fmt::format("its address \"{}\" is none", address));
  asio::basic_stream_socket<asio::ip::tcp, executor> socket{co_await asio::this_coro::executor};
  auto [ec] = co_await socket.async_connect({ip, number}, use_tuple);
  if (ec) co_return make_error(errc::unavailable, ec.message());
  co_return result<void>{};
}

// What the last connect said, or nothing when it was accepted.
coroutine<std::optional<std::string>> try_port(container_details seen, probe_target target) {
  auto const found = seen.addresses.find(target.network);
  std::string const address = found == seen.addresses.end() ? std::string{} : found->second;
  if (address.empty()) co_return fmt::format("it has no address in the network {}", target.network);
  auto connected = co_await with_deadline(connect_once(address, *target.accepts_on), connect_limit,
                                          make_error(errc::timed_out, "no answer within 1 s"));
  if (connected) co_return std::nullopt;
  co_return fmt::format("{}:{}: {}", address, *target.accepts_on, connected.error().message);
}

// A container that waits for its restart counts as running at the engine, hence the status.
bool is_up(container_details const& seen) {
  return seen.status == "running";
}

failure failure_of_restarts(container_details const& seen, probe_target const& target) {
  failure why;
  why.reason = reason::container_exited;
  why.message = fmt::format("container {} ended right after it was started, and was restarted {} times",
                            target.container_name, seen.restart_count);
  return why;
}

failure failure_of_end(container_details const& seen, probe_target const& target) {
  failure why;
  why.exit_code = seen.exit_code;
  why.oom_killed = seen.oom_killed;
  if (seen.oom_killed) {
    why.reason = reason::oom_killed;
    why.message = fmt::format("container {} was killed because it used more memory than it may", target.container_name);
  } else if (seen.exit_code == 127 || seen.exit_code == 126) {
    // The init process that the engine puts before the command, like any shell, ends so when there is no such command
    // (127) or it is no program (126).
    why.reason = reason::command_not_found;
    why.message = fmt::format("the command of container {} {} (exit code {}); check the image's entrypoint and command",
                              target.container_name,
                              seen.exit_code == 127 ? "is not in the image" : "cannot be executed", seen.exit_code);
  } else {
    why.reason = reason::container_exited;
    why.message = fmt::format("container {} exited with code {} right after it was started", target.container_name,
                              seen.exit_code);
  }
  return why;
}

failure nothing_listens(probe_target const& target, milliseconds limit, std::string const& seen) {
  failure why;
  why.reason = reason::unhealthy;
  why.message = fmt::format(
      "container {} runs, but nothing in it accepted a connection on port {} within {} s ({}); does the app listen on "
      "that port, and on 0.0.0.0 rather than on 127.0.0.1?",
      target.container_name, *target.accepts_on, limit.count() / 1000.0, seen);
  return why;
}

}  // namespace

task<std::optional<failure>> probe_container(engine& docker, probe_target target, probe_limits limits) {
  auto const began = steady_clock::now();
  bool accepted = !target.accepts_on.has_value();
  std::string last_seen = "nothing was tried yet";
  milliseconds pause = first_pause;
  while (true) {
    auto seen = co_await docker.find_container(target.container.str());
    if (!seen) co_return seen.error();
    if (!*seen) {
      co_return failure{reason::container_gone,
                        fmt::format("container {} was removed while it was checked", target.container_name),
                        {},
                        false,
                        {}};
    }
    auto const age = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
    bool const restarted = is_up(**seen) && (*seen)->restart_count > 0;
    if (restarted && age < next_end_limit) {
      co_await sleep_for(longest_pause);
      continue;
    }
    if (restarted || !is_up(**seen)) {
      failure why = restarted ? failure_of_restarts(**seen, target) : failure_of_end(**seen, target);
      why.output = co_await last_output(docker, target.container, output_lines);
      co_return why;
    }
    if (!accepted) {
      auto refused = co_await try_port(**seen, target);
      accepted = !refused;
      if (refused) last_seen = std::move(*refused);
    }
    if (accepted && age >= limits.settle) co_return std::nullopt;
    if (!accepted && age >= limits.in_all) {
      failure why = nothing_listens(target, limits.in_all, last_seen);
      why.output = co_await last_output(docker, target.container, output_lines);
      co_return why;
    }
    milliseconds const rest = (accepted ? limits.settle : limits.in_all) - age;
    co_await sleep_for(std::min(pause, rest));
    pause = std::min(pause * 2, longest_pause);
  }
}

coroutine<std::vector<std::string>> last_output(engine& docker, container_id container, std::size_t lines) {
  std::vector<std::string> last;
  auto stream = co_await docker.logs(container, {.follow = false, .tail = lines, .since = {}, .timestamps = true});
  if (!stream) co_return last;
  line_splitter splitter;
  auto keep = [&](std::vector<output_line> more) {
    for (output_line& line : more) last.push_back(std::move(line.text));
  };
  while (true) {
    auto chunk = co_await (*stream)->next();
    if (!chunk || !*chunk) break;
    keep(splitter.add((*chunk)->source == log_source::err, (*chunk)->bytes));
  }
  keep(splitter.finish());
  if (last.size() > lines) last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(lines));
  co_return last;
}

}  // namespace krane
