#include "runs/reconcile.hpp"

#include <map>
#include <utility>

#include "runs/ownership.hpp"

namespace krane {
namespace {

bool runs_or_will(container_summary const& c) {
  // A paused container was paused by somebody; a restarting one is the engine's to restart.
  return c.status == "running" || c.status == "restarting" || c.status == "paused" || c.status == "removing";
}

}  // namespace

corrections find_corrections(std::vector<deployment const*> const& deployments,
                             std::vector<container_summary> const& ours,
                             std::function<bool(deployment_name const&)> const& is_busy) {
  corrections found;
  std::map<std::string, deployment const*> known;
  for (deployment const* d : deployments) known.emplace(d->config.name.str(), d);

  std::map<std::string, container_summary const*> serving;
  for (container_summary const& c : ours) {
    std::string const& owner = c.marks.at(label::deployment);
    if (is_busy(deployment_name{owner})) continue;
    auto const d = known.find(owner);
    bool const is_serving =
        d != known.end() && d->second->serving && d->second->serving->str() == c.marks.at(label::run);
    if (is_serving)
      serving.emplace(owner, &c);
    else
      found.remove.push_back(c);
  }
  for (deployment const* d : deployments) {
    bool const wanted = d->status != deployment_status::deleting && d->status != deployment_status::stopped;
    if (!d->serving || !wanted || is_busy(d->config.name)) continue;
    auto const there = serving.find(d->config.name.str());
    if (there == serving.end() || !runs_or_will(*there->second)) {
      found.bring_back.push_back(d->config.name);
      continue;
    }
    auto const now = there->second->status == "running" ? deployment_status::running : deployment_status::down;
    if (now != d->status) found.status.emplace_back(d->config.name, now);
  }
  return found;
}

}  // namespace krane
