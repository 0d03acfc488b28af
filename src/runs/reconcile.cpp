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

bool is_of_what_serves(deployment const& d, container_summary const& c) {
  std::optional<run_id> const& made_by = d.made_by ? d.made_by : d.serving;
  return made_by && made_by->str() == c.marks.at(label::run) && replica_of(c.marks) < d.replicas;
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

}  // namespace

corrections find_corrections(std::vector<deployment const*> const& deployments,
                             std::vector<container_summary> const& ours,
                             std::function<bool(deployment_name const&)> const& is_busy, time_point now,
                             std::string const& network) {
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
    bool const wanted = d->status != deployment_status::deleting && d->status != deployment_status::stopped &&
                        d->status != deployment_status::unreadable;
    if (!d->serving || !wanted || is_busy(d->config.name)) continue;
    auto const& there = serving[d->config.name.str()];
    // One that nobody can reach is not there.
    bool const all_there = there.size() >= d->replicas && std::ranges::all_of(there, [&](container_summary const* c) {
                             return runs_or_will(*c) && (c->status != "running" || is_reachable(c->addresses, network));
                           });
    if (!all_there) {
      found.bring_back.push_back(d->config.name);
      continue;
    }
    // With several, those that run serve.
    bool const up = std::ranges::any_of(there, [](container_summary const* c) { return c->status == "running"; });
    auto const status = up ? deployment_status::running : deployment_status::down;
    if (status != d->status) found.status.emplace_back(d->config.name, status);
  }
  return found;
}

}  // namespace krane
