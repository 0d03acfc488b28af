// Length: each action of the run machine is a function here; those about what serves are in files of their own.
#include "runs/step_actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/async.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "model/reason.hpp"
#include "model/replica_rules.hpp"
#include "runs/action_failures.hpp"
#include "runs/at_once.hpp"
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

step_actions::step_actions(store& state, engine& docker, container_network& network, host_port& ports,
                           vault const& secrets, clock const& time, run_options const& options, pull_guards guards)
    : state_(state),
      docker_(docker),
      network_(network),
      ports_(ports),
      secrets_(secrets),
      time_(time),
      options_(options),
      guards_(guards),
      life_(state, docker, network, options),
      volumes_(state, docker) {}

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
      return acts_on_what_serves(r.kind) ? start_serving(std::move(r)) : start(std::move(r));
    case action::check:
      return check(std::move(r));
    case action::stop_serving:
      return stop_serving(std::move(r));
    case action::stop_old:
      return stop_old(std::move(r));
    case action::remove_old:
      return remove_old(std::move(r));
    case action::keep_old:
      return keep_old(std::move(r));
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
    case action::settle:
      return settle(std::move(r));
    case action::finish:
      return finish(std::move(r));
    case action::none:
      break;
  }
  std::unreachable();
}

task<std::vector<container_summary>> step_actions::others_of(run const& r) {
  auto all = co_await list_our_containers(docker_, state_, secrets_, &r.what.name);
  if (!all) co_return all.error();
  std::erase_if(*all, [&](container_summary const& c) { return c.marks.at(label::run) == r.made_by().str(); });
  // Those that serve first, by replica: so they are replaced.
  deployment const* const now = state_.find_deployment(r.what.name);
  std::string const serving = now == nullptr || !now->serving ? "" : now->made_by.value_or(*now->serving).str();
  std::ranges::sort(*all, {}, [&](container_summary const& c) {
    return std::tuple(c.marks.at(label::run) != serving, replica_of(c.marks), c.name);
  });
  co_return std::move(*all);
}

task<void> step_actions::tell_lost(run const& r, std::string volume) {
  event_draft draft{
      r.what,
      r.id,
      "create",
      event_level::warn,
      fmt::format("Volume {} is gone, with all that was in it; it is made again and starts empty", volume),
      time_.now()};
  co_return co_await state_.events().append({std::move(draft)}, std::nullopt);
}

task<step_actions::made_container> step_actions::create_or_adopt(run const& r, std::uint32_t replica) {
  auto volumes = co_await volumes_.prepare(r, replica, [this, &r](std::string lost) { return tell_lost(r, lost); });
  if (!volumes) co_return volumes.error();
  container_spec wanted;
  wanted.name = r.container_name(replica);
  auto image = co_await name_or_hash(r);
  if (!image) co_return image.error();
  wanted.image = std::move(*image);
  wanted.marks = marked(marks_of(r.what.name, r.made_by(), state_.instance(), replica), secrets_);
  wanted.network = options_.network;
  wanted.exposed = r.what.container_port;
  wanted.service = r.what.service;
  wanted.aliases = {r.what.name.str()};
  wanted.volume_prefix = r.what.name.str() + "_";
  wanted.marks_of_volumes = marks_of_volumes(r.what.name, state_.instance());
  wanted.further_volumes = image_mounts(*volumes, replica);
  if (r.what.host_port && r.what.container_port && !r.through_front)
    wanted.publish = {*r.what.host_port, *r.what.container_port};
  // Whoever makes it: a run, or the look that finds it missing. The settings may have changed, and where a link leads.
  if (auto const forbidden = find_forbidden(r.what, options_.policy); !forbidden.empty())
    co_return make_error(errc::forbidden, reason::not_allowed,
                         fmt::format("{} {}", forbidden.front().path, forbidden.front().error));
  if (auto given = give_secrets(wanted, secrets_, r); !given) co_return given.error();

  auto created = co_await docker_.create_container(wanted);
  if (created) co_return made_container{std::move(*created), std::move(*volumes)};
  if (created.error().reason != reason::name_conflict) co_return created.error();
  // Perhaps an earlier try of ours whose answer was lost.
  auto there = co_await docker_.find_container(wanted.name);
  if (!there) co_return there.error();
  if (!*there) co_return make_error(errc::unavailable, reason::engine_error, created.error().message);
  auto const ours = co_await is_ours(state_, secrets_, (*there)->id, (*there)->name, (*there)->marks);
  if (!ours) co_return ours.error();
  if (!*ours || !says_it_is_of((*there)->marks, r.made_by(), replica))
    co_return make_error(errc::conflict, reason::name_conflict, taken_by_a_stranger(wanted.name).message);
  co_return made_container{(*there)->id, std::move(*volumes)};
}

task<std::vector<old_release>> step_actions::old_releases(std::vector<container_summary> const& others) {
  std::vector<old_release> all;
  for (container_summary const& old : others) {
    auto of = co_await state_.runs().find(run_id{old.marks.at(label::run)});
    if (!of) co_return of.error();
    all.push_back(as_old(*of));
  }
  co_return all;
}

task<outcome> step_actions::create(run r) {
  // The settings may have changed since it was accepted, or where a link leads.
  if (auto const forbidden = find_forbidden(r.what, options_.policy); !forbidden.empty())
    co_return failed_because(reason::not_allowed,
                             fmt::format("{} {}", forbidden.front().path, forbidden.front().error));
  if (auto shared = find_port_for_one(r.what, r.through_front))
    co_return failed_because(reason::replicas_need_front, *shared);
  outcome o;
  if (r.replica == 0) {
    auto known = co_await look_at_old(r);
    if (!known || known->failed) co_return known;
    o = std::move(*known);
    // Before anything is touched; where the engine holds the port for the old release, it is known once that is
    // stopped.
    if (r.through_front && o.order == run_order::side_by_side)
      if (auto free = ports_.check(r.what); !free) co_return failed_at_front(free.error());
    if (r.acts_on) {  // what is gone back to is there
      auto volumes = co_await volumes_.of_kept(r);
      if (!volumes) co_return failed_with(volumes.error(), true);
      o.volumes = std::move(*volumes);
      co_return o;
    }
    if (auto network = co_await network_.ensure(); !network) co_return failed_with(network.error(), true);
  }
  auto created = co_await create_or_adopt(r, r.replica);
  if (!created) co_return failed_with(created.error(), created.error().reason == reason::engine_error);
  failpoint("create.half");
  if (auto put = co_await put_secret_files(docker_, secrets_, r, created->id); !put)
    co_return failed_with(put.error(), put.error().reason == reason::engine_error);
  o.containers = {created->id};
  o.notes = say_new_volumes(created->volumes, r);
  o.volumes = std::move(created->volumes);
  co_return o;
}

task<outcome> step_actions::look_at_old(run const& r) {
  auto others = co_await others_of(r);
  if (!others) co_return failed_with(others.error(), true);
  auto old = co_await old_releases(*others);
  if (!old) co_return failed_with(old.error(), true);
  outcome o;
  auto keeps_places = co_await volumes_.keeps_places(r);
  if (!keeps_places) co_return failed_with(keeps_places.error(), true);
  o.order = choose_order(r.what, r.through_front, *old, *keeps_places);
  for (container_summary const& one : *others) o.replaced.push_back(one.id);
  deployment const* const now = state_.find_deployment(r.what.name);
  if (now == nullptr || !now->serving || r.was_stopped) co_return o;
  auto serving = co_await state_.runs().find(*now->serving);
  if (!serving) co_return failed_with(serving.error(), true);
  auto const warmth = warmth_of(r.what, options_.keep_warm);
  // Paused, it would have the same files open.
  if (*keeps_places) co_return o;
  if (!*serving || !stays_warm(**serving, r.what, r.through_front, o.order, warmth)) co_return o;
  auto const its = (*serving)->container();
  for (container_summary const& one : *others)
    if (one.id == its && one.status == "running") o.keeps = (*serving)->id;
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

task<void> step_actions::start_with_patience(run const& of, container_id id) {
  if (auto joined = co_await life_.attach(of, id); !joined) co_return joined.error();
  auto const until = steady_clock::now() + options_.port_retry;
  while (true) {
    auto started = co_await docker_.start_container(id);
    if (started || started.error().reason != reason::port_in_use || steady_clock::now() >= until) co_return started;
    co_await sleep_for(port_retry_pause);
  }
}

task<outcome> step_actions::start(run r) {
  container_id const its = r.container(r.replica).value_or(container_id{});
  if (r.through_front)
    if (auto opened = co_await open_with_patience(r); !opened) co_return failed_at_front(opened.error());
  // One that is gone back to only stands still, unless somebody stopped it.
  if (r.acts_on)
    if (auto woken = co_await life_.wake(r, its); !woken && woken.error().code != errc::not_found)
      co_return failed_with(woken.error(), false);
  auto started = co_await start_with_patience(r, its);
  if (started) co_return outcome{};
  if (started.error().code == errc::not_found) {
    outcome o;
    o.failed = failure{reason::container_gone,
                       fmt::format("container {} was removed before it could be started", r.container_name(r.replica)),
                       {},
                       false,
                       {}};
    co_return o;
  }
  auto failed = failed_with(started.error(), false);
  if (failed && started.error().reason == reason::port_in_use)
    failed->failed->message = ports_.conflict_in_words(r.what, started.error().message);
  if (failed && started.error().reason == reason::command_not_found) failed->failed->exit_code = 127;
  co_return failed;
}

task<outcome> step_actions::check(run r) {
  // A deploy checks each replica as it comes; a scaling those that it added, and a start all.
  std::uint32_t const first = r.kind == run_kind::deploy ? r.replica : r.had_replicas;
  std::uint32_t const end = r.kind == run_kind::deploy ? r.replica + 1 : r.replicas();
  bool const ran_before = r.kind == run_kind::deploy && r.acts_on;
  outcome o;
  for (std::uint32_t replica = first; replica < end && !o.failed; ++replica) {
    auto seen = co_await probe_container(docker_,
                                         {.container = r.container(replica).value_or(container_id{}),
                                          .container_name = r.container_name(replica),
                                          .accepts_on = r.what.container_port,
                                          .network = options_.network,
                                          .service = r.what.service,
                                          .ran_before = ran_before,
                                          .was_seen = &o.was_seen},
                                         {ran_before ? milliseconds{0} : options_.settle, options_.check_limit});
    if (!seen) co_return failed_with(seen.error(), true);
    o.failed = std::move(*seen);
  }
  if (o.failed) o.failed->message += co_await say_if_foreign(docker_, r.image);
  co_return o;
}

task<outcome> step_actions::switch_over(run r) {
  outcome o;
  auto const watched = co_await settle_of(r);
  if (!watched) co_return failed_with(watched.error(), true);
  o.settles_for = *watched;
  if (!r.through_front) co_return o;
  if (acts_on_what_serves(r.kind)) {
    if (auto settled = co_await ports_.settle(r.what.name); !settled) co_return failed_at_front(settled.error());
    co_return o;
  }
  auto switched = co_await ports_.switch_over(std::move(r));
  if (!switched) co_return failed_at_front(switched.error());
  o.traffic = *switched;
  co_return o;
}

// Nothing waits for what is kept, paused, and a run that fails must leave it: it is stopped when it is removed.
task<std::vector<container_id>> step_actions::without_kept(std::vector<container_id> all, deployment_name of) {
  deployment const* const now = state_.find_deployment(of);
  if (now == nullptr || !now->warm) co_return all;
  run_id const id = now->warm->made_by;
  auto const kept = co_await state_.runs().find(id);
  if (!kept) co_return kept.error();
  if (!*kept) co_return all;
  std::vector<container_id> const& its = (*kept)->containers;
  std::erase_if(all, [&](container_id const& one) { return std::ranges::find(its, one) != its.end(); });
  co_return all;
}

task<outcome> step_actions::stop_old(run r) {
  std::vector<container_id> old = gives_way(r);
  outcome o;
  if (r.order == run_order::stop_first) {
    // The engine cannot publish what the front holds.
    auto cleared = co_await (r.through_front ? ports_.hold(r) : ports_.let_go(r.what.name));
    if (!cleared) co_return failed_at_front(cleared.error());
    auto serving = co_await without_kept(std::move(old), r.what.name);
    if (!serving) co_return failed_with(serving.error(), true);
    old = std::move(*serving);
  } else if (r.through_front) {
    o.traffic = co_await drained(r, old);
  }
  // Those that are stopped for a while, and may have to serve again, are not the engine's to start.
  bool const for_a_while = r.order == run_order::stop_first || r.replica + 1 < r.replicas();
  for (container_id const& one : old) {
    auto stopped = co_await (for_a_while ? stop_for_good(one) : life_.stop(one));
    if (!stopped) co_return failed_with(stopped.error(), true);
  }
  co_return o;
}

coroutine<std::optional<run_traffic>> step_actions::drained(run r, std::vector<container_id> old) {
  std::chrono::seconds grace{0};
  for (container_id const& one : old)
    if (auto const its = co_await life_.grace_of(one)) grace = std::max(grace, *its);
  auto seen = co_await ports_.drain(r, std::move(old), grace);
  if (seen) co_return *seen;
  log::warn("runs", fmt::format("connections to the release before {} are not waited for: {}", r.container_name(),
                                seen.error().message));
  co_return std::nullopt;
}

task<outcome> step_actions::keep_old(run r) {
  outcome o;
  o.traffic = co_await drained(r, r.replaced);
  auto kept = co_await state_.runs().find(*r.keeps);
  if (!kept) co_return failed_with(kept.error(), true);
  for (container_id const& old : r.replaced) {
    if (*kept && (*kept)->container() == old) {
      auto const resting = co_await life_.put_to_rest(old);
      if (resting) {
        o.kept = kept_release{(*kept)->id, (*kept)->made_by(), warmth_of(r.what, options_.keep_warm)};
        continue;
      }
      // One that ended meanwhile is nothing to go back to.
      if (resting.error().code != errc::conflict && resting.error().code != errc::not_found)
        co_return failed_with(resting.error(), true);
    }
    if (auto stopped = co_await life_.stop(old); !stopped) co_return failed_with(stopped.error(), true);
    if (auto removed = co_await volumes_.remove_container(old); !removed) co_return failed_with(removed.error(), true);
  }
  co_return o;
}

task<outcome> step_actions::remove_old(run r) {
  for (container_id const& old : r.replaced) {
    auto const there = co_await docker_.find_container(old.str());
    if (!there) co_return failed_with(there.error(), true);
    if (*there && (*there)->status == "paused")
      if (auto stopped = co_await life_.stop(old); !stopped) co_return failed_with(stopped.error(), true);
    if (auto removed = co_await volumes_.remove_container(old); !removed) co_return failed_with(removed.error(), true);
  }
  co_return outcome{};
}

task<outcome> step_actions::remove_new(run r) {
  if (r.kind == run_kind::scale)
    if (auto saved = co_await have_replicas(r.what.name, r.had_replicas); !saved)
      co_return failed_with(saved.error(), true);
  // Connections that were led to it already go back first; where the old one is to be started again, they wait for it.
  bool const old_serves = r.order == run_order::side_by_side || !r.old_was_stopped;
  if (r.through_front && old_serves && !r.was_stopped)
    if (auto settled = co_await ports_.settle(r.what.name); !settled) co_return failed_at_front(settled.error());
  for (std::uint32_t replica = r.had_replicas; replica < r.replicas(); ++replica) {
    // By name where the id is not known: of a create whose answer was lost.
    auto there = co_await find_own(r, replica);
    // A stranger's, which only bears the name.
    if (!there && there.error().reason == reason::name_conflict) continue;
    if (!there) co_return failed_with(there.error(), true);
    if (!*there) continue;
    // What it has begun to write, or to answer, it may finish.
    if (r.settles || writes_to_volumes(r.what.service) || !(*there)->volumes.empty())
      if (auto stopped = co_await life_.stop((*there)->id); !stopped) co_return failed_with(stopped.error(), true);
    if (auto removed = co_await volumes_.remove_container((*there)->id); !removed)
      co_return failed_with(removed.error(), true);
  }
  co_return outcome{};
}

task<void> step_actions::save(run const& r) {
  return state_.runs().save({r, {}, std::nullopt, std::nullopt, false, {}});
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
  if (r.through_front && r.kind == run_kind::deploy && r.step != run_step::new_removed)
    if (auto sum = co_await ports_.sum(r)) o.traffic = *sum;
  co_return o;
}

task<void> step_actions::end(container_id container) {
  if (auto stopped = co_await life_.stop(container); !stopped) co_return stopped;
  failpoint("remove_containers.half");
  co_return co_await volumes_.remove_container(container);
}

task<outcome> step_actions::remove_containers(run r) {
  if (auto gone = co_await ports_.let_go(r.what.name); !gone) co_return failed_at_front(gone.error());
  auto all = co_await list_our_containers(docker_, state_, secrets_, &r.what.name);
  if (!all) co_return failed_with(all.error(), true);
  // What its containers have without a name of their own is known as long as they are there.
  auto volumes = co_await volumes_.all_of(r.what.name);
  if (!volumes) co_return failed_with(volumes.error(), true);
  std::vector<task<void>> ends;
  for (container_summary const& one : *all) ends.push_back(end(one.id));
  if (auto gone = co_await at_once(std::move(ends)); !gone) co_return failed_with(gone.error(), true);
  outcome o;
  auto left = co_await volumes_.leave(r.what.name, std::move(*volumes), r.with_volumes);
  if (!left) co_return failed_with(left.error(), true);
  o.notes = std::move(left->notes);
  o.volumes = std::move(left->kept);
  // With the last deployment; who was accepted meanwhile makes the network again.
  if (state_.list_deployments().size() == 1)
    if (auto gone = co_await network_.give_up(); !gone) co_return failed_with(gone.error(), true);
  co_return o;
}

}  // namespace krane
