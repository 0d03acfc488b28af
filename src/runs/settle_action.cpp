// step_actions, as far as they are about a release that has just taken over: it is watched for a while, and the one
// before it is there to take over again.
//
// A newer run waits for the end of it, rather than ending it early: the run would say that a release holds which nobody
// has seen to hold, and the newer one, if it fails, would go back to that.
#include <fmt/format.h>

#include <algorithm>

#include "base/async.hpp"
#include "base/log.hpp"
#include "runs/action_failures.hpp"
#include "runs/container_end.hpp"
#include "runs/probe.hpp"
#include "runs/step_actions.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds watch_asked{3'000};     // where something could be asked whether it works
constexpr milliseconds watch_unasked{10'000};  // where it could only be seen to run
constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{1'000};  // so long a program that has ended is not noticed

}  // namespace

task<milliseconds> step_actions::settle_of(run r) {
  // A release that is gone back to has served before.
  bool const last = r.replica + 1 >= r.replicas();
  if (r.kind != run_kind::deploy || r.restores || !last) co_return milliseconds{0};
  if (r.what.service.settle) co_return *r.what.service.settle;
  if (options_.watch) co_return *options_.watch;
  auto const& check = r.what.service.healthcheck;
  if (r.what.container_port || (check && check->is != health_check::kind::none)) co_return watch_asked;
  if (check) co_return watch_unasked;
  // The image may have a check of its own.
  auto const its = co_await docker_.find_container(r.container(r.replica).value_or(container_id{}).str());
  if (!its) co_return its.error();
  co_return *its && (*its)->health ? watch_asked : watch_unasked;
}

coroutine<void> step_actions::start_again(run const& watched) {
  for (std::uint32_t replica = 0; replica < watched.replicas(); ++replica) {
    auto const id = watched.container(replica);
    auto const now = id ? co_await docker_.find_container(id->str()) : std::optional<container_details>{};
    if (!now || !*now || (*now)->status != "exited") continue;
    // A program that has done its work is not to do it twice.
    if ((*now)->exit_code == 0 && ended_as_allowed(**now, watched.what.service.restart)) continue;
    if (auto started = co_await docker_.start_container(*id); !started)
      log::warn("runs", fmt::format("container {} ended with the engine and cannot be started again: {}",
                                    watched.container_name(replica), started.error().message));
  }
}

task<outcome> step_actions::settle(run r) {
  settling const watched = r.settles.value_or(settling{});
  milliseconds const whole = std::chrono::ceil<milliseconds>(watched.until - watched.since);
  // By the clock of the day, since a server may be started in between; and never longer than it should be, when that is
  // set back.
  auto const latest = steady_clock::now() + whole;
  milliseconds pause = first_pause;
  while (true) {
    bool has_ended = true;
    // Before the last look, which counts.
    bool const over = time_.now() >= watched.until || steady_clock::now() >= latest;
    for (std::uint32_t replica = 0; replica < r.replicas(); ++replica) {
      auto end = co_await find_end(docker_,
                                   {.container = r.container(replica).value_or(container_id{}),
                                    .container_name = r.container_name(replica),
                                    .accepts_on = r.what.container_port,
                                    .network = options_.network,
                                    .service = r.what.service},
                                   {watched.since, time_.now()});
      if (!end) co_return failed_with(end.error(), true);
      has_ended = has_ended && end->has_ended;
      outcome o;
      o.failed = std::move(end->why);
      if (o.failed) co_return o;
    }
    if (over) {
      outcome o;
      o.has_ended = has_ended;
      co_return o;
    }
    auto const left = std::chrono::ceil<milliseconds>(watched.until - time_.now());
    if (!co_await sleep_for(std::clamp(left, first_pause, pause)))
      co_return make_error(errc::cancelled, "the server stops");
    pause = std::min(pause * 2, longest_pause);
  }
}

}  // namespace krane
