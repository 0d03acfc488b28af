#include "runs/container_life.hpp"

#include "base/failpoint.hpp"
#include "runs/ownership.hpp"

namespace krane {

container_life::container_life(store& state, engine& docker, container_network& network, run_options const& options)
    : state_(state), docker_(docker), network_(network), options_(options) {}

task<std::chrono::seconds> container_life::grace_of(container_id container) {
  auto const there = co_await docker_.find_container(container.str());
  if (!there) co_return there.error();
  if (!*there) co_return options_.stop_grace;
  // Of a run that is not known any more, the container itself says what it was made with.
  auto const made_with = (*there)->stop_timeout.value_or(options_.stop_grace);
  auto const mark = (*there)->marks.find(label::run);
  if (mark == (*there)->marks.end()) co_return made_with;
  auto const of = co_await state_.runs().find(run_id{mark->second});
  if (!of) co_return of.error();
  if (!*of) co_return made_with;
  auto const& wanted = (*of)->what.service.stop_grace;
  co_return wanted ? std::chrono::ceil<std::chrono::seconds>(*wanted) : options_.stop_grace;
}

task<void> container_life::stop(container_id container) {
  auto const grace = co_await grace_of(container);
  if (!grace) co_return grace.error();
  co_return co_await docker_.stop_container(container, *grace);
}

task<void> container_life::put_to_rest(container_id container) {
  // First, while it runs: an engine that is restarted from here on starts it no more.
  if (auto told = co_await docker_.set_restart_policy(container, restart_policy{.is = restart_policy::kind::no}); !told)
    co_return told.error();
  failpoint("keep_old.policy");
  // Paused before it is off the network, so that the program does not see it go.
  if (auto paused = co_await docker_.pause_container(container); !paused) co_return paused.error();
  failpoint("keep_old.paused");
  co_return co_await network_.detach(container);
}

task<void> container_life::attach(run const& of, container_id container) {
  co_return co_await network_.attach(std::move(container), {of.what.name.str()});
}

task<void> container_life::wake(run const& by, container_id container) {
  if (auto joined = co_await attach(by, container); !joined) co_return joined.error();
  failpoint("start.connected");
  if (auto woken = co_await docker_.unpause_container(container); !woken) co_return woken.error();
  failpoint("start.unpaused");
  co_return co_await docker_.set_restart_policy(container, by.what.service.restart);
}

}  // namespace krane
