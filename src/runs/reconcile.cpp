#include "runs/reconcile.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "runs/container_network.hpp"
#include "runs/ownership.hpp"

namespace krane {
namespace {

bool runs_or_will(container_summary const& c) {
  // A paused container was paused by somebody; a restarting one is the engine's to restart.
  return c.status == "running" || c.status == "restarting" || c.status == "paused" || c.status == "removing";
}

// Its program is asked to end, and has its time for it, whoever finds it and when.
bool ends_by_itself(container_summary const& c) {
  return c.status == "running" || c.status == "paused" || c.status == "restarting";
}

bool is_kept(deployment const& d, container_summary const& c, time_point now) {
  // One that somebody has started again would work beside the release that serves.
  return d.warm && d.warm->until > now && d.warm->made_by.str() == c.marks.at(label::run) && c.status == "paused" &&
         d.status != deployment_status::deleting;
}

// Of the containers of what serves. With several, those that run serve.
deployment_status status_of(std::vector<container_summary const*> const& all, seen_closely const& closely) {
  auto const any = [&](auto const& is) { return std::ranges::any_of(all, is); };
  auto const restarts = [&](container_summary const* c) {
    return c->status == "restarting" || closely.restarting.contains(c->id);
  };
  auto const runs = [&](container_summary const* c) { return c->status == "running" && !restarts(c); };
  if (any([&](container_summary const* c) { return runs(c) && c->health != "unhealthy"; }))
    return deployment_status::running;
  if (any(runs)) return deployment_status::unhealthy;
  if (any(restarts)) return deployment_status::restarting;
  bool const all_done =
      std::ranges::all_of(all, [&](container_summary const* c) { return closely.done.contains(c->id); });
  return all_done ? deployment_status::ended : deployment_status::down;
}

}  // namespace

bool is_of_what_serves(deployment const& d, container_summary const& c) {
  std::optional<run_id> const& made_by = d.made_by ? d.made_by : d.serving;
  return made_by && made_by->str() == c.marks.at(label::run) && replica_of(c.marks) < d.replicas;
}

corrections find_corrections(std::vector<deployment const*> const& deployments,
                             std::vector<container_summary> const& ours,
                             std::function<bool(deployment_name const&)> const& is_busy, time_point now,
                             std::string const& network, seen_closely const& closely) {
  corrections found;
  std::map<std::string, deployment const*> known;
  for (deployment const* d : deployments) known.emplace(d->config.name.str(), d);

  std::map<std::string, std::vector<container_summary const*>> serving;
  for (container_summary const& c : ours) {
    std::string const& owner = c.marks.at(label::deployment);
    if (is_busy(deployment_name{owner})) continue;
    auto const d = known.find(owner);
    // What belongs to it cannot be told.
    if (d != known.end() && d->second->status == deployment_status::unreadable) continue;
    if (d != known.end() && is_of_what_serves(*d->second, c))
      serving[owner].push_back(&c);
    else if (d == known.end() || !is_kept(*d->second, c, now))
      (ends_by_itself(c) ? found.retire : found.remove).push_back(c);
    else if (is_reachable(c.addresses, network))
      found.rest.push_back(c);
  }
  for (deployment const* d : deployments) {
    bool const wanted = d->status != deployment_status::deleting && d->status != deployment_status::unreadable;
    if (!d->serving || !wanted || is_busy(d->config.name)) continue;
    auto const& there = serving[d->config.name.str()];
    if (d->status == deployment_status::stopped) {
      if (std::ranges::any_of(there, [](container_summary const* c) { return ends_by_itself(*c); }))
        found.stop_again.push_back(d->config.name);
      continue;
    }
    auto const is_done = [&](container_summary const* c) { return closely.done.contains(c->id); };
    // One that nobody can reach is not there.
    auto const is_as_it_should = [&](container_summary const* c) {
      return is_done(c) || (runs_or_will(*c) && (c->status != "running" || is_reachable(c->addresses, network)));
    };
    // What has ended may be tidied away by anybody.
    bool const enough = there.size() >= d->replicas || d->status == deployment_status::ended;
    if (!enough || !std::ranges::all_of(there, is_as_it_should)) {
      found.bring_back.push_back(d->config.name);
      continue;
    }
    auto const status = status_of(there, closely);
    if (status != d->status) found.status.push_back({d->config.name, d->status, status});
  }
  return found;
}

}  // namespace krane
