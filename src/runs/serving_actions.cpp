// step_actions, as far as they stop and start the release that serves.
#include <fmt/format.h>

#include "base/failpoint.hpp"
#include "model/reason.hpp"
#include "runs/action_failures.hpp"
#include "runs/step_actions.hpp"

namespace krane {

task<outcome> step_actions::stop_serving(run r) {
  // A restart keeps connections waiting; after a stop nobody is there to wait for.
  if (r.through_front) {
    auto cleared = co_await (r.kind == run_kind::restart ? ports_.hold(r) : ports_.let_go(r.what.name));
    if (!cleared) co_return failed_at_front(cleared.error());
  }
  failpoint("stop_serving.half");
  if (r.container) {
    auto const grace = co_await grace_of(*r.container);
    if (!grace) co_return failed_with(grace.error(), true);
    if (auto stopped = co_await docker_.stop_container(*r.container, *grace); !stopped)
      co_return failed_with(stopped.error(), true);
  }
  co_return outcome{};
}

task<outcome> step_actions::start_serving(run r) {
  auto serving = co_await state_.runs().find(*r.acts_on);
  if (!serving) co_return failed_with(serving.error(), true);
  outcome o;
  if (!*serving) {
    o.failed = failure{reason::container_gone, "the release that served is not known any more", {}, false, {}};
    co_return o;
  }
  auto back = co_await bring_back(**serving, lead_port::later);
  if (!back) co_return failed_with(back.error(), back.error().reason == reason::engine_error);
  o.container = back->id;
  co_return o;
}

}  // namespace krane
