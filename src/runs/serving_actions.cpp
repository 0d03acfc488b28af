// step_actions, as far as they are about the release that serves: stopped, started, brought back, scaled.
#include <fmt/format.h>

#include <utility>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "model/reason.hpp"
#include "runs/action_failures.hpp"
#include "runs/at_once.hpp"
#include "runs/container_end.hpp"
#include "runs/container_secrets.hpp"
#include "runs/ownership.hpp"
#include "runs/step_actions.hpp"

namespace krane {

task<outcome> step_actions::stop_serving(run r) {
  // A restart keeps connections waiting; after a stop nobody is there to wait for.
  if (r.through_front) {
    auto cleared = co_await (r.kind == run_kind::restart ? ports_.hold(r) : ports_.let_go(r.what.name));
    if (!cleared) co_return failed_at_front(cleared.error());
  }
  failpoint("stop_serving.half");
  std::vector<task<void>> ends;
  for (container_id const& one : r.containers)
    if (!one.str().empty()) ends.push_back(r.kind == run_kind::restart ? life_.stop(one) : stop_for_good(one));
  if (auto stopped = co_await at_once(std::move(ends)); !stopped) co_return failed_with(stopped.error(), true);
  co_return outcome{};
}

task<void> step_actions::stop_for_good(container_id container) {
  auto told = co_await docker_.set_restart_policy(container, restart_policy{.is = restart_policy::kind::no});
  // An engine that cannot: if it starts the container again, the reconciler stops it.
  if (!told && told.error().code != errc::not_found) {
    if (told.error().reason == reason::engine_unavailable || told.error().code == errc::cancelled)
      co_return told.error();
    log::warn("runs", fmt::format("the restart policy of container {} stays as it is: {}", container.str(),
                                  told.error().message));
  }
  failpoint("stop_for_good.told");
  co_return co_await life_.stop(std::move(container));
}

task<void> step_actions::stop_again(run const& serving) {
  for (std::uint32_t replica = 0; replica < serving.replicas(); ++replica) {
    auto const there = co_await find_own(serving, replica);
    if (!there && there.error().reason == reason::name_conflict) continue;
    if (!there) co_return there.error();
    if (!*there) continue;
    if (auto stopped = co_await stop_for_good((*there)->id); !stopped) co_return stopped;
  }
  co_return co_await ports_.let_go(serving.what.name);
}

task<std::optional<run>> step_actions::serving_run(deployment_name name) {
  deployment const* const now = state_.find_deployment(name);
  if (now == nullptr || !now->serving) co_return std::nullopt;
  std::optional<run_id> const id = now->serving;
  co_return co_await state_.runs().find(*id);
}

task<void> step_actions::have_replicas(deployment_name name, std::uint32_t wanted) {
  auto serving = co_await serving_run(name);
  if (!serving) co_return serving.error();
  if (!*serving) co_return result<void>{};
  (*serving)->what.service.replicas = wanted;
  if ((*serving)->containers.size() > wanted) (*serving)->containers.resize(wanted);
  co_return co_await save(**serving);
}

task<outcome> step_actions::start_serving(run r) {
  if (r.kind == run_kind::scale)
    if (auto saved = co_await have_replicas(r.what.name, r.replicas()); !saved)
      co_return failed_with(saved.error(), true);
  auto serving = co_await serving_run(r.what.name);
  if (!serving) co_return failed_with(serving.error(), true);
  if (!*serving) co_return failed_because(reason::container_gone, "the release that served is not known any more");
  // The front has room for all before the first is led to.
  if (r.kind == run_kind::scale && r.through_front)
    if (auto opened = co_await ports_.open(**serving); !opened) co_return failed_at_front(opened.error());
  auto back = co_await bring_back(**serving, lead_port::later);
  if (!back) co_return failed_with(back.error(), back.error().reason == reason::engine_error);
  if (back->incomplete) co_return failed_with(*back->incomplete, back->incomplete->reason == reason::engine_error);
  outcome o;
  o.containers = (*serving)->containers;
  if (r.kind != run_kind::scale) co_return o;
  auto all = co_await list_our_containers(docker_, state_, secrets_, &r.what.name);
  if (!all) co_return failed_with(all.error(), true);
  for (container_summary const& one : *all)
    if (one.marks.at(label::run) == r.made_by().str() && replica_of(one.marks) >= r.replicas())
      o.replaced.push_back(one.id);
  co_return o;
}

task<step_actions::brought_back> step_actions::bring_back(run& serving, lead_port when, ended_ones ended) {
  brought_back all{.was_running = true, .was_cut_off = false, .incomplete = {}, .name = {}};
  std::uint32_t up = 0;
  for (std::uint32_t replica = 0; replica < serving.replicas(); ++replica) {
    auto found = co_await bring_replica_back(serving, replica, ended);
    if (!found) {
      if (serving.replicas() == 1) co_return found.error();
      all.incomplete = found.error();
      continue;
    }
    ++up;
    all.was_running = all.was_running && found->then == was::running;
    all.was_cut_off = all.was_cut_off || found->then == was::cut_off;
    if (all.name.empty() || found->then != was::running) all.name = found->name;
  }
  if (up == 0) co_return *all.incomplete;
  if (when == lead_port::later) co_return all;
  if (auto settled = co_await ports_.settle(serving.what.name); !settled) co_return settled.error();
  co_return all;
}

// By its id, since its name may have been changed by hand; by its name where the id is not known, or is no more.
task<std::optional<container_details>> step_actions::find_own(run const& of, std::uint32_t replica) {
  if (auto const known = of.container(replica)) {
    auto by_id = co_await docker_.find_container(known->str());
    if (!by_id || *by_id) co_return by_id;
  }
  std::string const name = of.container_name(replica);
  auto by_name = co_await docker_.find_container(name);
  if (!by_name || !*by_name) co_return by_name;
  auto const ours = co_await is_ours(state_, secrets_, (*by_name)->id, (*by_name)->name, (*by_name)->marks);
  if (!ours) co_return ours.error();
  if (*ours && says_it_is_of((*by_name)->marks, of.made_by(), replica)) co_return by_name;
  co_return make_error(errc::conflict, reason::name_conflict, taken_by_a_stranger(name).message);
}

task<step_actions::replica_found> step_actions::bring_replica_back(run& serving, std::uint32_t replica,
                                                                   ended_ones ended) {
  auto there = co_await find_own(serving, replica);
  if (!there) co_return there.error();
  container_id id;
  std::string name = serving.container_name(replica);
  if (*there) {
    name = (*there)->name;
    auto const known = serving.container(replica);
    id = (*there)->id;
    if (!known) {
      serving.set_container(replica, id);
      if (auto saved = co_await save(serving); !saved) co_return saved.error();
    }
    if (ended == ended_ones::leave && (*there)->status == "exited" &&
        ended_as_allowed(**there, serving.what.service.restart))
      co_return replica_found{was::running, name};
    bool const runs = (*there)->status == "running";
    if (runs && is_reachable((*there)->addresses, options_.network)) co_return replica_found{was::running, name};
    if (runs) {
      if (auto joined = co_await life_.attach(serving, id); !joined) co_return joined.error();
      failpoint("bring_back.attached");
      co_return replica_found{was::cut_off, name};
    }
    // A stop, or a release that was to take its place, has changed it.
    if (auto told = co_await docker_.set_restart_policy(id, serving.what.service.restart); !told)
      if (told.error().reason == reason::engine_unavailable || told.error().code == errc::cancelled)
        co_return told.error();
  } else {
    auto made = co_await make_anew(serving, replica);
    if (!made) co_return made.error();
    id = std::move(*made);
  }
  if (auto put = co_await put_secret_files(docker_, secrets_, serving, id); !put) co_return put.error();
  // The engine cannot publish what the front still holds for a release that failed.
  if (!serving.through_front)
    if (auto cleared = co_await ports_.let_go(serving.what.name); !cleared) co_return cleared.error();
  if (auto started = co_await start_with_patience(serving, id); !started) co_return started.error();
  failpoint("bring_back.started");
  co_return replica_found{was::stopped, name};
}

task<container_id> step_actions::make_anew(run& serving, std::uint32_t replica) {
  if (auto network = co_await network_.ensure(); !network) co_return network.error();
  // The image may have been removed with the container.
  if (serving.image) {
    auto image = co_await docker_.find_image(serving.image->str());
    if (!image) co_return image.error();
    if (!*image) {
      // By its digest: the tag may mean another image by now, and the release is to be what it was.
      image_ref what = serving.image_name();
      if (serving.repo_digest) what.digest = serving.repo_digest;
      auto pulled = co_await download(serving.what, what, [](std::string const&, transfer) {});
      if (!pulled) co_return pulled.error();
      serving.image = pulled->image.id;
      serving.fetched = pulled->fetched;
      serving.brought = std::move(pulled->brought);
    }
  }
  // The id that is known is of the container that is gone. Forgotten durably before there is a new one: else a kill
  // in between would leave one of ours that looks like a stranger's copy of it.
  serving.set_container(replica, {});
  if (auto saved = co_await save(serving); !saved) co_return saved.error();
  auto created = co_await create_or_adopt(serving, replica);
  if (!created) co_return created.error();
  failpoint("bring_back.created");
  serving.set_container(replica, created->id);
  serving.volumes = std::move(created->volumes);
  if (auto saved = co_await save(serving); !saved) co_return saved.error();
  co_return std::move(created->id);
}

task<outcome> step_actions::restart_old(run r) {
  auto serving = co_await serving_run(r.what.name);
  if (!serving) co_return failed_with(serving.error(), true);
  if (!*serving) co_return outcome{};
  auto back = co_await bring_back(**serving);
  if (!back) co_return failed_with(back.error(), false);
  if (back->incomplete) co_return failed_with(*back->incomplete, false);
  co_return outcome{};
}

}  // namespace krane
