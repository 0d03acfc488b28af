#include "runs/step_actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/async.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "model/reason.hpp"
#include "runs/action_failures.hpp"
#include "runs/container_secrets.hpp"
#include "runs/foreign_image.hpp"
#include "runs/ownership.hpp"
#include "runs/plan.hpp"
#include "runs/probe.hpp"

namespace krane {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds port_retry_pause{25};

}  // namespace

step_actions::step_actions(store& state, engine& docker, host_port& ports, vault const& secrets,
                           run_options const& options, pull_guards guards)
    : state_(state), docker_(docker), ports_(ports), secrets_(secrets), options_(options), guards_(guards) {}

task<outcome> step_actions::perform(action what, run r, progress report) {
  auto done = co_await carry_out(what, std::move(r), std::move(report));
  // What a container printed or an engine said, before anybody keeps or tells it.
  if (done && done->failed) hide_secrets(*done->failed, secrets_.hides());
  co_return done;
}

task<outcome> step_actions::carry_out(action what, run r, progress report) {
  switch (what) {
    case action::pull:
      return pull(std::move(r), std::move(report));
    case action::create:
      return create(std::move(r));
    case action::start:
      return r.acts_on ? start_serving(std::move(r)) : start(std::move(r));
    case action::check:
      return check(std::move(r));
    case action::stop_serving:
      return stop_serving(std::move(r));
    case action::stop_old:
      return stop_old(std::move(r));
    case action::remove_old:
      return remove_old(std::move(r));
    case action::remove_new:
      return remove_new(std::move(r));
    case action::restart_old:
      return restart_old(std::move(r));
    case action::remove_containers:
      return remove_containers(std::move(r));
    case action::remove_images:
      return remove_images(std::move(r));
    case action::switch_over:
      return switch_over(std::move(r));
    case action::finish:
      return finish(std::move(r));
    case action::none:
      break;
  }
  std::unreachable();
}

task<std::vector<container_summary>> step_actions::others_of(run const& r) {
  auto all = co_await list_our_containers(docker_, state_.instance(), &r.what.name);
  if (!all) co_return all.error();
  std::erase_if(*all, [&](container_summary const& c) { return c.marks.at(label::run) == r.id.str(); });
  co_return std::move(*all);
}

task<container_id> step_actions::create_or_adopt(run const& r) {
  container_spec wanted;
  wanted.name = r.container_name();
  auto image = co_await name_or_hash(r);
  if (!image) co_return image.error();
  wanted.image = std::move(*image);
  wanted.marks = marks_of(r.what.name, r.id, state_.instance());
  wanted.network = options_.network;
  wanted.exposed = r.what.container_port;
  wanted.service = r.what.service;
  wanted.aliases = {r.what.name.str()};
  wanted.volume_prefix = r.what.name.str() + "_";
  wanted.marks_of_volumes = {{label::deployment, r.what.name.str()}, {label::instance, state_.instance().str()}};
  if (r.what.host_port && r.what.container_port && !r.through_front)
    wanted.publish = {*r.what.host_port, *r.what.container_port};
  if (auto given = give_secrets(wanted, secrets_, r); !given) co_return given.error();

  auto created = co_await docker_.create_container(wanted);
  if (created || created.error().reason != reason::name_conflict) co_return created;
  // Perhaps an earlier try of ours whose answer was lost.
  auto there = co_await docker_.find_container(wanted.name);
  if (!there) co_return there.error();
  if (!*there) co_return make_error(errc::unavailable, reason::engine_error, created.error().message);
  if (!bears_our_marks((*there)->name, (*there)->marks, state_.instance()))
    co_return make_error(errc::conflict, reason::name_conflict, taken_by_a_stranger(wanted.name).message);
  co_return (*there)->id;
}

task<std::vector<old_release>> step_actions::old_releases(std::vector<container_summary> const& others) {
  std::vector<old_release> all;
  for (container_summary const& old : others) {
    auto of = co_await state_.runs().find(run_id{old.marks.at(label::run)});
    if (!of) co_return of.error();
    if (*of)
      all.push_back({.host_port = (*of)->what.host_port.value_or(0),
                     .through_front = (*of)->through_front,
                     .ports = (*of)->what.service.ports});
    else
      all.push_back({.known = false});
  }
  co_return all;
}

task<outcome> step_actions::create(run r) {
  // The settings may have changed since it was accepted, or where a link leads.
  if (auto const forbidden = find_forbidden(r.what, options_.policy); !forbidden.empty()) {
    outcome o;
    o.failed = failure{
        reason::not_allowed, fmt::format("{} {}", forbidden.front().path, forbidden.front().error), {}, false, {}};
    co_return o;
  }
  auto others = co_await others_of(r);
  if (!others) co_return failed_with(others.error(), true);
  auto old = co_await old_releases(*others);
  if (!old) co_return failed_with(old.error(), true);
  outcome o;
  o.order = choose_order(r.what, r.through_front, *old);
  // Before anything is touched; where the engine holds the port for the old release, it is known once that is stopped.
  if (r.through_front && o.order == run_order::side_by_side)
    if (auto free = ports_.check(r.what); !free) co_return failed_at_front(free.error());
  if (auto network = co_await docker_.ensure_network(options_.network); !network)
    co_return failed_with(network.error(), true);
  auto created = co_await create_or_adopt(r);
  if (!created) co_return failed_with(created.error(), created.error().reason == reason::engine_error);
  failpoint("create.half");
  if (auto put = co_await put_secret_files(docker_, secrets_, r, *created); !put)
    co_return failed_with(put.error(), put.error().reason == reason::engine_error);
  o.container = *created;
  for (container_summary const& one : *others) o.replaced.push_back(one.id);
  co_return o;
}

task<void> step_actions::open_with_patience(run const& r) {
  auto const until = steady_clock::now() + options_.port_retry;
  while (true) {
    auto opened = co_await ports_.open(r);
    if (opened || opened.error().reason != reason::port_in_use || steady_clock::now() >= until) co_return opened;
    co_await sleep_for(port_retry_pause);
  }
}

task<void> step_actions::start_with_patience(container_id id) {
  auto const until = steady_clock::now() + options_.port_retry;
  while (true) {
    auto started = co_await docker_.start_container(id);
    if (started || started.error().reason != reason::port_in_use || steady_clock::now() >= until) co_return started;
    co_await sleep_for(port_retry_pause);
  }
}

task<outcome> step_actions::start(run r) {
  if (r.through_front)
    if (auto opened = co_await open_with_patience(r); !opened) co_return failed_at_front(opened.error());
  auto started = co_await start_with_patience(*r.container);
  if (started) co_return outcome{};
  if (started.error().code == errc::not_found) {
    outcome o;
    o.failed = failure{reason::container_gone,
                       fmt::format("container {} was removed before it could be started", r.container_name()),
                       {},
                       false,
                       {}};
    co_return o;
  }
  auto failed = failed_with(started.error(), false);
  if (failed && started.error().reason == reason::port_in_use && r.what.host_port)
    failed->failed->message =
        fmt::format("host port {} is held by another program or container; free it, or choose another host_port ({})",
                    *r.what.host_port, started.error().message);
  if (failed && started.error().reason == reason::command_not_found) failed->failed->exit_code = 127;
  co_return failed;
}

task<outcome> step_actions::check(run r) {
  auto seen = co_await probe_container(
      docker_, {*r.container, r.container_name(), r.what.container_port, options_.network, r.what.service},
      {options_.settle, options_.check_limit});
  if (!seen) co_return failed_with(seen.error(), true);
  outcome o;
  o.failed = std::move(*seen);
  if (o.failed) o.failed->message += co_await say_if_foreign(docker_, r.image);
  co_return o;
}

task<outcome> step_actions::switch_over(run r) {
  outcome o;
  if (!r.through_front) co_return o;
  if (r.acts_on) {
    if (auto settled = co_await ports_.settle(r.what.name); !settled) co_return failed_at_front(settled.error());
    co_return o;
  }
  auto switched = co_await ports_.switch_over(std::move(r));
  if (!switched) co_return failed_at_front(switched.error());
  o.traffic = *switched;
  co_return o;
}

task<outcome> step_actions::stop_old(run r) {
  outcome o;
  if (r.order == run_order::stop_first) {
    // The engine cannot publish what the front holds.
    auto cleared = co_await (r.through_front ? ports_.hold(r) : ports_.let_go(r.what.name));
    if (!cleared) co_return failed_at_front(cleared.error());
  } else if (r.through_front) {
    std::chrono::seconds grace{0};
    for (container_id const& old : r.replaced)
      if (auto const its = co_await grace_of(old)) grace = std::max(grace, *its);
    auto drained = co_await ports_.drain(r, grace);
    if (drained)
      o.traffic = *drained;
    else
      log::warn("runs", fmt::format("connections to the release before {} are not waited for: {}", r.container_name(),
                                    drained.error().message));
  }
  for (container_id const& old : r.replaced) {
    auto const grace = co_await grace_of(old);
    if (!grace) co_return failed_with(grace.error(), true);
    if (auto stopped = co_await docker_.stop_container(old, *grace); !stopped)
      co_return failed_with(stopped.error(), true);
  }
  co_return o;
}

task<outcome> step_actions::remove_old(run r) {
  for (container_id const& old : r.replaced)
    if (auto removed = co_await docker_.remove_container(old); !removed) co_return failed_with(removed.error(), true);
  co_return outcome{};
}

task<outcome> step_actions::remove_new(run r) {
  // Connections that were led to it already go back first; where the old one is to be started again, they wait for it.
  if (r.through_front && !r.old_was_stopped && !r.was_stopped)
    if (auto settled = co_await ports_.settle(r.what.name); !settled) co_return failed_at_front(settled.error());
  // By name: a create whose answer was lost left a container whose id we never saw.
  auto there = co_await docker_.find_container(r.container_name());
  if (!there) co_return failed_with(there.error(), true);
  if (*there && bears_our_marks((*there)->name, (*there)->marks, state_.instance()))
    if (auto removed = co_await docker_.remove_container((*there)->id); !removed)
      co_return failed_with(removed.error(), true);
  co_return outcome{};
}

task<step_actions::brought_back> step_actions::bring_back(run& serving, lead_port when) {
  auto there = co_await docker_.find_container(serving.container_name());
  if (!there) co_return there.error();
  container_id id;
  if (*there) {
    bool const ours = bears_our_marks((*there)->name, (*there)->marks, state_.instance()) &&
                      (!serving.container || *serving.container == (*there)->id);
    if (!ours)
      co_return make_error(errc::conflict, reason::name_conflict,
                           taken_by_a_stranger(serving.container_name()).message);
    id = (*there)->id;
    serving.container = id;
    if ((*there)->status == "running") {
      if (when == lead_port::later) co_return brought_back{id, true};
      if (auto settled = co_await ports_.settle(serving.what.name); !settled) co_return settled.error();
      co_return brought_back{id, true};
    }
  } else {
    if (auto network = co_await docker_.ensure_network(options_.network); !network) co_return network.error();
    // The image may have been removed with the container.
    if (serving.image) {
      auto image = co_await docker_.find_image(serving.image->str());
      if (!image) co_return image.error();
      if (!*image) {
        // By its digest: the tag may mean another image by now, and the release is to be what it was.
        image_ref what = serving.image_name();
        if (serving.repo_digest) what.digest = serving.repo_digest;
        auto pulled = co_await download(what, [](std::string const&, transfer) {});
        if (!pulled) co_return pulled.error();
        serving.image = pulled->image.id;
        serving.fetched = pulled->fetched;
      }
    }
    // The id that is known is of the container that is gone. Forgotten durably before there is a new one: else a kill
    // in between would leave one of ours that looks like a stranger's copy of it.
    serving.container.reset();
    if (auto saved = co_await save(serving); !saved) co_return saved.error();
    auto created = co_await create_or_adopt(serving);
    if (!created) co_return created.error();
    id = *created;
    failpoint("bring_back.created");
    serving.container = id;
    if (auto saved = co_await save(serving); !saved) co_return saved.error();
  }
  if (auto put = co_await put_secret_files(docker_, secrets_, serving, id); !put) co_return put.error();
  // The engine cannot publish what the front still holds for a release that failed.
  if (!serving.through_front)
    if (auto cleared = co_await ports_.let_go(serving.what.name); !cleared) co_return cleared.error();
  if (auto started = co_await start_with_patience(id); !started) co_return started.error();
  failpoint("bring_back.started");
  if (when == lead_port::later) co_return brought_back{id, false};
  if (auto settled = co_await ports_.settle(serving.what.name); !settled) co_return settled.error();
  co_return brought_back{id, false};
}

task<std::chrono::seconds> step_actions::grace_of(container_id container) {
  auto const there = co_await docker_.find_container(container.str());
  if (!there) co_return there.error();
  if (!*there) co_return options_.stop_grace;
  auto const mark = (*there)->marks.find(label::run);
  if (mark == (*there)->marks.end()) co_return options_.stop_grace;
  auto const of = co_await state_.runs().find(run_id{mark->second});
  if (!of) co_return of.error();
  if (!*of || !(*of)->what.service.stop_grace) co_return options_.stop_grace;
  co_return std::chrono::ceil<std::chrono::seconds>(*(*of)->what.service.stop_grace);
}

task<void> step_actions::save(run const& r) {
  return state_.runs().save({r, {}, std::nullopt, std::nullopt, false});
}

task<outcome> step_actions::restart_old(run r) {
  deployment const* const now = state_.find_deployment(r.what.name);
  if (now == nullptr || !now->serving) co_return outcome{};
  auto serving = co_await state_.runs().find(*now->serving);
  if (!serving) co_return failed_with(serving.error(), true);
  if (!*serving) co_return outcome{};
  auto back = co_await bring_back(**serving);
  if (!back) co_return failed_with(back.error(), false);
  co_return outcome{};
}

task<outcome> step_actions::finish(run r) {
  outcome o;
  if (r.kind == run_kind::remove) co_return o;
  // A server that was started in between has opened the port anew.
  if (r.kind == run_kind::stop || (r.step == run_step::new_removed && r.was_stopped)) {
    if (auto gone = co_await ports_.let_go(r.what.name); !gone) co_return failed_at_front(gone.error());
    co_return o;
  }
  // Ports of the release before it, and of one that failed, go.
  if (auto settled = co_await ports_.settle(r.what.name); !settled) co_return failed_at_front(settled.error());
  if (r.through_front && !r.acts_on && r.step != run_step::new_removed)
    if (auto sum = co_await ports_.sum(r)) o.traffic = *sum;
  co_return o;
}

task<outcome> step_actions::remove_containers(run r) {
  if (auto gone = co_await ports_.let_go(r.what.name); !gone) co_return failed_at_front(gone.error());
  auto all = co_await list_our_containers(docker_, state_.instance(), &r.what.name);
  if (!all) co_return failed_with(all.error(), true);
  for (container_summary const& one : *all) {
    auto const grace = co_await grace_of(one.id);
    if (!grace) co_return failed_with(grace.error(), true);
    if (auto stopped = co_await docker_.stop_container(one.id, *grace); !stopped)
      co_return failed_with(stopped.error(), true);
    failpoint("remove_containers.half");
    if (auto removed = co_await docker_.remove_container(one.id); !removed)
      co_return failed_with(removed.error(), true);
  }
  co_return outcome{};
}

}  // namespace krane
