#include "runs/deploy_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <utility>

#include "model/reason.hpp"
#include "model/release.hpp"
#include "model/replica_rules.hpp"
#include "model/spec_json.hpp"
#include "runs/action_failures.hpp"
#include "runs/repo_digest.hpp"

namespace krane {
namespace {

boost::json::object content_of(run const& r, bool with_secrets) {
  auto out = config_json(release_config(r));
  if (!with_secrets || r.secret_versions.empty()) return out;
  boost::json::object versions;
  for (auto const& [key, version] : r.secret_versions) versions[key] = version;
  out["secret_versions"] = std::move(versions);
  return out;
}

std::vector<config_change> changes_of(plan_facts const& from) {
  // The versions of secrets that are not there are not known.
  bool const with_secrets = from.missing_secrets.empty() && !from.secrets_trouble;
  boost::json::object before;
  if (from.serving) before = content_of(*from.serving, with_secrets);
  return find_changes(std::move(before), content_of(from.wanted, with_secrets));
}

planned_image image_of(plan_facts const& from) {
  planned_image out{.name = from.wanted.image_name()};
  auto const* const found = from.digest ? &from.here_by_digest : &from.here;
  if (*found) out.id = (*found)->id;
  out.digest = from.digest;
  if (!out.digest && *found) out.digest = find_repo_digest(out.name, (*found)->repo_digests);
  out.pulled = !*found;
  if (out.pulled) out.size = from.size;
  if (!from.serving) {
    out.changes = true;
    return out;
  }
  out.serving_digest = from.serving->repo_digest;
  out.serving_id = from.serving->image;
  bool const same =
      out.id && out.serving_id ? *out.id == *out.serving_id : out.digest && out.digest == out.serving_digest;
  out.changes = !same;
  return out;
}

plan_problem problem_of(error const& why, bool fails = true) {
  return {.reason = why.reason, .message = why.message, .fails = fails};
}

void add_faults(std::vector<plan_problem>& to, char const* why, std::vector<fault> const& faults) {
  for (fault const& one : faults)
    to.push_back({.reason = why, .message = fmt::format("{} {}", one.path, one.error), .path = one.path});
}

plan_problem registry_problem(error const& why, bool image_is_here) {
  // What a run tries again may be over when it is tried.
  bool const passes = may_pass(why) || why.code == errc::timed_out;
  if (!passes) return problem_of(why);
  return {.reason = why.reason,
          .message = fmt::format(
              "{}; {}", why.message,
              image_is_here ? "this plan counts with the image that is here" : "which image it would be is not known"),
          .fails = false};
}

// In the order in which a deploy would meet them.
std::vector<plan_problem> problems_of(plan_facts const& from) {
  std::vector<plan_problem> out;
  std::string const& name = from.wanted.what.name.str();
  if (from.known && from.known->status == deployment_status::deleting)
    out.push_back({.reason = reason::deployment_deleting,
                   .message = fmt::format("deployment {} is being deleted; try again when it is gone", name)});
  add_faults(out, reason::not_allowed, from.forbidden);
  if (auto faults = find_replica_faults(from.wanted.what); !faults.empty())
    out.push_back(problem_of(make_error(std::move(faults))));
  if (auto shared = find_port_for_one(from.wanted.what, from.through_front))
    out.push_back({.reason = reason::replicas_need_front, .message = std::move(*shared), .path = "config.replicas"});
  add_faults(out, reason::secret_missing, from.missing_secrets);
  if (from.secrets_trouble) out.push_back(problem_of(*from.secrets_trouble));
  if (from.port_holder)
    out.push_back(
        {.reason = reason::host_port_taken,
         .message = fmt::format("host port {} is held by deployment {}; choose another, or take it from that one first",
                                *from.wanted.what.host_port, from.port_holder->str()),
         .path = "config.host_port"});
  for (error const& one : from.port_troubles) out.push_back(problem_of(one));
  out.insert(out.end(), from.foreign_volumes.begin(), from.foreign_volumes.end());
  if (from.registry_trouble) out.push_back(registry_problem(*from.registry_trouble, from.here.has_value()));
  if (from.size)
    if (auto full = no_room_for(from.wanted.image_name().text(), from.size->missing_bytes, from.size->disk))
      out.push_back(problem_of(*full));
  if (from.known && from.known->status == deployment_status::deploying)
    out.push_back(
        {.reason = reason::run_under_way,
         .message = fmt::format("a run of {} is under way; this plan is for what serves until it is done", name),
         .fails = false});
  return out;
}

bool keeps_places(plan_facts const& from) {
  return std::ranges::any_of(from.volumes, &planned_volume::of_image);
}

// As it is, running, when the new release has taken over.
std::optional<container_id> container_that_stays(plan_facts const& from, run_order order) {
  bool const stopped = from.known && from.known->status == deployment_status::stopped;
  if (stopped || !from.serving || keeps_places(from)) return std::nullopt;
  if (!stays_warm(*from.serving, from.wanted.what, from.through_front, order, from.warmth)) return std::nullopt;
  auto const its = from.serving->container();
  for (plan_facts::container const& one : from.containers)
    if (one.what.id == its && one.what.running) return its;
  return std::nullopt;
}

}  // namespace

bool deploy_plan::fails() const {
  return std::ranges::any_of(problems, &plan_problem::fails);
}

deploy_plan make_plan(plan_facts const& from) {
  deploy_plan out{.what = release_config(from.wanted), .is_new = !from.known, .image = image_of(from)};
  out.release = from.serving ? from.serving->number : 0;
  out.config = changes_of(from);
  out.problems = problems_of(from);
  bool const well = from.known && from.known->status == deployment_status::running;
  out.changes = !well || !out.config.empty() || out.image.changes;

  std::vector<old_release> old;
  for (plan_facts::container const& one : from.containers) {
    old.push_back(as_old(one.of));
    out.runs_now = out.runs_now || one.what.running;
  }
  out.volumes = from.volumes;
  out.order = choose_order(from.wanted.what, from.through_front, old, keeps_places(from));
  auto const warm = container_that_stays(from, out.order);
  for (plan_facts::container const& one : from.containers)
    (out.fails() || one.what.id == warm ? out.kept : out.replaced).push_back(one.what);
  out.created = out.fails() ? 0 : from.wanted.replicas();
  if (out.runs_now) out.gap = expected_gap(out.order, from.wanted.what, from.through_front, old);
  return out;
}

}  // namespace krane
