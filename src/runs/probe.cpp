#include "runs/probe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "model/reason.hpp"
#include "runs/container_end.hpp"
#include "runs/listeners.hpp"
#include "runs/port_check.hpp"
#include "streams/line_splitter.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t output_lines = 20;
constexpr std::int64_t not_found = 127;  // a shell's exit code, where there is no such program
constexpr milliseconds first_pause{5};
constexpr milliseconds longest_pause{50};
// The engine restarts a container that ended after 100 ms, then 200, 400…, and forgets its exit code until it ends
// again. One that was restarted is watched this long for its next end.
constexpr milliseconds next_end_limit{3'000};

// How a container shows that it is well.
struct wanted_signs {
  std::optional<port_check> answer{};  // address to be filled in
  bool engines_check = true;           // if it has one
  milliseconds pause = longest_pause;  // between two looks, at most
};

wanted_signs signs_of(probe_target const& target) {
  wanted_signs out;
  if (target.accepts_on) out.answer = port_check{.address = {}, .number = *target.accepts_on};
  auto const& check = target.service.healthcheck;
  if (!check) return out;
  bool const asked_by_krane = check->is == health_check::kind::http || check->is == health_check::kind::tcp;
  if (!asked_by_krane) return out;
  out.engines_check = false;
  out.answer = port_check{.address = {}, .number = check->at.value_or(target.accepts_on.value_or(0))};
  if (check->is == health_check::kind::http) out.answer->path = check->path;
  if (check->timeout) out.answer->limit = *check->timeout;
  if (check->interval) out.pause = *check->interval;
  return out;
}

// How long it may take to become well.
milliseconds limit_of(probe_target const& target, container_details const& seen, wanted_signs const& signs,
                      milliseconds usual) {
  if (signs.engines_check && seen.health) return std::max(usual, seen.health->longest_judgement);
  auto const& check = target.service.healthcheck;
  if (!check) return usual;
  milliseconds const start = check->start_period.value_or(usual);
  return start + check->retries.value_or(0) * check->interval.value_or(milliseconds{1'000});
}

// In the host's network it is the machine itself.
std::string address_of(container_details const& seen, probe_target const& target) {
  if (target.service.host_network) return "127.0.0.1";
  auto const found = seen.addresses.find(target.network);
  return found == seen.addresses.end() ? std::string{} : found->second;
}

coroutine<port_seen> try_answer(std::string address, std::string network, port_check what) {
  if (address.empty())
    co_return port_seen{port_seen::what::refuses, fmt::format("it has no address in the network {}", network)};
  what.address = std::move(address);
  co_return co_await look_at_port(std::move(what));
}

// "answers GET :8080/up → 200", "accepts connections on port 8080 and is healthy, as its own check says"
std::string in_words(wanted_signs const& signs, std::string const& answer, bool judged) {
  std::string out;
  if (signs.answer && signs.answer->path)
    out = "answers " + answer;
  else if (signs.answer)
    out = fmt::format("accepts connections on port {}", signs.answer->number);
  if (judged) out += fmt::format("{}is healthy, as its own check says", out.empty() ? "" : " and ");
  return out.empty() ? "keeps running" : out;
}

// A container that waits for its restart counts as running at the engine, hence the status.
bool is_up(container_details const& seen) {
  return seen.status == "running";
}

// "; it listens on 127.0.0.1:8080", and what to do about it.
std::string what_listens(container_details const& seen, port wanted) {
  auto const found = listeners_of(seen.pid);
  if (!found) return "; does the app listen on that port, and on 0.0.0.0 rather than on 127.0.0.1?";
  auto const& all = *found;
  if (all.empty())
    return fmt::format(
        "; nothing in it listens on any port: let the app listen on 0.0.0.0:{}, or give it more time "
        "(healthcheck.start_period)",
        wanted);
  std::string const end = fmt::format(":{}", wanted);
  bool const there = std::ranges::any_of(all, [&](std::string const& one) { return one.ends_with(end); });
  return fmt::format("; the app listens on {}: {}", fmt::join(all, ", "),
                     there ? "let it listen on 0.0.0.0" : "is container_port the right one?");
}

failure nothing_answers(probe_target const& target, container_details const& seen, port_check const& asked,
                        milliseconds limit, port_seen const& last_seen) {
  failure why;
  why.reason = reason::unhealthy;
  double const seconds = limit.count() / 1000.0;
  if (asked.path)
    why.message = fmt::format("container {} runs, but did not answer as it should within {} s: {}",
                              target.container_name, seconds, last_seen.text);
  else
    why.message = fmt::format("container {} runs, but nothing in it accepted a connection on port {} within {} s ({})",
                              target.container_name, asked.number, seconds, last_seen.text);
  if (last_seen.is == port_seen::what::refuses) why.message += what_listens(seen, asked.number);
  if (last_seen.is == port_seen::what::silent)
    why.message += fmt::format("; it takes connections and is slow to answer: {}",
                               asked.path ? "ask for a path that is answered sooner, or give each answer more time "
                                            "(healthcheck.timeout)"
                                          : "give it more time (healthcheck.start_period)");
  return why;
}

// The program that a check could not find, out of what the engine or a shell says of it.
std::string missing_program(health const& seen) {
  std::string const& words = seen.output;
  constexpr std::string_view by_engine = "exec: \"";
  if (auto const at = words.find(by_engine); at != std::string::npos && words.contains("not found")) {
    std::string const rest = words.substr(at + by_engine.size());
    return rest.substr(0, rest.find('"'));
  }
  if (seen.exit_code != not_found) return {};
  // "/bin/sh: 1: curl: not found", "sh: curl: command not found"
  for (std::string_view const end : {": not found", ": command not found"}) {
    auto const at = words.find(end);
    if (at == std::string::npos) continue;
    auto const from = words.rfind(' ', at);
    return words.substr(from == std::string::npos ? 0 : from + 1, at - (from == std::string::npos ? 0 : from + 1));
  }
  return {};
}

failure not_healthy(probe_target const& target, health const& seen) {
  failure why;
  why.reason = reason::unhealthy;
  std::string const missing = missing_program(seen);
  if (!missing.empty()) {
    why.message = fmt::format(
        "container {} runs, but its health check cannot: the image has no program {}; use one that it has, or let "
        "krane ask (healthcheck.http or healthcheck.tcp)",
        target.container_name, missing);
    return why;
  }
  why.message = fmt::format("container {} runs, but its own health check {}", target.container_name,
                            seen.status == "unhealthy" ? "fails" : "did not come to an end in time");
  if (seen.exit_code) why.message += fmt::format(" (exit code {})", *seen.exit_code);
  if (!seen.output.empty()) why.message += fmt::format(": {}", seen.output);
  return why;
}

// An engine that is being stopped ends its containers first, and answers on connections that it has until it is gone;
// new ones it takes no more. Fails as the engine does.
task<void> see_that_engine_stays(engine& docker) {
  auto const stream = co_await docker.container_events({});
  if (stream) co_return result<void>{};
  if (stream.error().code == errc::cancelled) co_return stream.error();
  co_return make_error(errc::unavailable, reason::engine_unavailable, stream.error().message);
}

}  // namespace

task<std::optional<failure>> probe_container(engine& docker, probe_target target, probe_limits limits) {
  auto const began = steady_clock::now();
  wanted_signs const signs = signs_of(target);
  bool answered = !signs.answer.has_value();
  port_seen last_seen{port_seen::what::wrong, "nothing was tried yet"};
  milliseconds pause = first_pause;
  std::optional<std::uint32_t> restarts_before;
  if (!target.ran_before) restarts_before = 0;
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
    container_details const& now = **seen;
    // Somebody may have renamed it.
    target.container_name = now.name;
    auto const age = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began);
    if (!restarts_before) restarts_before = now.restart_count;
    bool const restarted = is_up(now) && now.restart_count > *restarts_before;
    if (restarted && age < next_end_limit) {
      if (!co_await sleep_for(longest_pause)) co_return make_error(errc::cancelled, "the server stops");
      continue;
    }
    if (restarted || !is_up(now)) {
      if (auto stays = co_await see_that_engine_stays(docker); !stays) co_return stays.error();
      failure why = restarted ? failure_of_restarts(now, target) : failure_of_end(now, target);
      why.output = co_await last_output(docker, target.container, output_lines);
      tell_what_output_shows(why, target);
      co_return why;
    }
    if (!answered) {
      last_seen = co_await try_answer(address_of(now, target), target.network, *signs.answer);
      answered = last_seen.is == port_seen::what::answers;
    }
    bool const judged = signs.engines_check && now.health;
    bool const well = answered && (!judged || now.health->status == "healthy");
    if (well && age >= limits.settle) {
      if (target.was_seen != nullptr) *target.was_seen = in_words(signs, last_seen.text, judged);
      co_return std::nullopt;
    }
    milliseconds const in_all = limit_of(target, now, signs, limits.in_all);
    bool const given_up = judged && now.health->status == "unhealthy";
    if (!well && (given_up || age >= in_all)) {
      failure why = !answered && !given_up ? nothing_answers(target, now, *signs.answer, in_all, last_seen)
                                           : not_healthy(target, *now.health);
      why.output = co_await last_output(docker, target.container, output_lines);
      co_return why;
    }
    milliseconds const rest = (well ? limits.settle : in_all) - age;
    if (!co_await sleep_for(std::min(pause, rest))) co_return make_error(errc::cancelled, "the server stops");
    pause = std::min(pause * 2, signs.pause);
  }
}

task<seen_end> find_end(engine& docker, probe_target target, time_in_office served) {
  auto const seen = co_await docker.find_container(target.container.str());
  if (!seen) co_return seen.error();
  if (!*seen)
    co_return seen_end{failure{reason::container_gone,
                               fmt::format("container {} was removed after it had taken over", target.container_name),
                               {},
                               false,
                               {}},
                       false};
  container_details const& now = **seen;
  // It was created for this, so the engine began to count with it. One that was paused was paused by somebody.
  if (now.restart_count == 0 && (is_up(now) || now.status == "paused")) co_return seen_end{};
  bool const done = now.status == "exited" && now.exit_code == 0 && !now.oom_killed;
  if (now.restart_count == 0 && done && ended_as_allowed(now, target.service.restart)) co_return seen_end{{}, true};
  if (auto stays = co_await see_that_engine_stays(docker); !stays) co_return stays.error();
  failure why = failure_after_start(now, target, served);
  why.output = co_await last_output(docker, target.container, output_lines);
  tell_what_output_shows(why, target);
  co_return seen_end{std::move(why), false};
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
    keep(splitter.add((*chunk)->source == log_source::err, (*chunk)->bytes, (*chunk)->begins_record));
  }
  keep(splitter.finish());
  if (last.size() > lines) last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(lines));
  co_return last;
}

}  // namespace krane
