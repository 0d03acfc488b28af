#include "api/plan.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <utility>

#include "api/deployments.hpp"
#include "api/envelope.hpp"
#include "api/plan_types.hpp"
#include "api/request_reader.hpp"
#include "api/spec_reader.hpp"
#include "base/scrubber.hpp"
#include "runs/run_words.hpp"

namespace krane::endpoints {
namespace {

result<wire::plan_request> read_request(http::request const& from) {
  if (from.body.empty()) return wire::plan_request{};
  auto const body = read_body(from);
  if (!body) return body.error();
  auto fields = decode<wire::plan_request>(*body, unknown_keys::refuse);
  if (!fields) return fields;
  if (fields->tag)
    if (auto const valid = parse_tag(*fields->tag); !valid)
      return make_error(std::vector<fault>{{"tag", valid.error().message}});
  return fields;
}

// The spec that would be stored; without one in the request that which is.
result<spec> wanted_spec(store const& state, std::string const& name, std::optional<boost::json::value> config) {
  if (config) return read_spec(boost::json::object{{"name", name}, {"config", std::move(*config)}});
  return get_stored_config(state, name);
}

wire::planned_container_answer to_container(planned_container const& from) {
  return {from.id.str(), from.name, from.release, from.running};
}

wire::plan_answer to_plan(deploy_plan const& from, scrubber const& hides) {
  wire::plan_answer out{.deployment = from.what.name.str(),
                        .creates = from.is_new,
                        .changes = from.changes,
                        .fails = from.fails(),
                        .release = from.release,
                        .config = {},
                        .image = {.reference = from.image.name.text(),
                                  .digest = from.image.digest,
                                  .id = {},
                                  .image_id = {},
                                  .serving_digest = from.image.serving_digest,
                                  .serving_id = {},
                                  .serving_image_id = {},
                                  .pulled = from.image.pulled,
                                  .bytes_to_pull = {},
                                  .bytes_free = {},
                                  .changes = from.image.changes},
                        .containers = {.created = from.created, .replaced = {}, .kept = {}},
                        .volumes = {},
                        .gap = {from.gap, from.order, gap_in_words(from)},
                        .problems = {}};
  for (config_change const& one : from.config) out.config.push_back({one.key, one.before, one.after});
  if (from.image.size) {
    out.image.bytes_to_pull = from.image.size->missing_bytes;
    out.image.bytes_free = from.image.size->disk.free_bytes;
  }
  if (from.image.id) out.image.id = from.image.id->str();
  if (from.image.serving_id) out.image.serving_id = from.image.serving_id->str();
  out.image.image_id = out.image.id;
  out.image.serving_image_id = out.image.serving_id;
  for (planned_container const& one : from.replaced) out.containers.replaced.push_back(to_container(one));
  for (planned_container const& one : from.kept) out.containers.kept.push_back(to_container(one));
  for (planned_volume const& one : from.volumes)
    out.volumes.push_back({one.name, one.target, one.of_image, one.is_new});
  for (plan_problem const& one : from.problems)
    out.problems.push_back(
        {one.reason, hides.clean(one.message), one.path.empty() ? std::nullopt : std::optional(one.path), one.fails});
  return out;
}

task<http::reply> make_plan(plan_parts parts, call& from) {
  auto wanted = read_request(from.request);
  if (!wanted) co_return wanted.error();
  auto what = wanted_spec(parts.state, from.request.param("name"), std::move(wanted->config));
  if (!what) co_return what.error();
  auto const plan = co_await parts.runs.plan(std::move(*what), std::move(wanted->tag));
  if (!plan) co_return plan.error();
  co_return envelope::success_of(200, to_plan(*plan, parts.hides));
}

}  // namespace

std::vector<endpoint> plan(plan_parts parts) {
  return {{.method = "POST",
           .pattern = "/deployments/:name/plan",
           .summary =
               "What a deploy would do: what changes, which containers come and go, what becomes of connections, "
               "and what it would fail with. Nothing is changed. Without \"config\" it is of the config that is "
               "stored; with one, which is a whole one as POST /deployments takes it, the deployment need not "
               "be there",
           .body = schema_of<wire::documented_plan_request>(),
           .answers = {{200, "the plan; one of a deploy that would fail too", schema_of<wire::plan_answer>()},
                       fails(400, "the body is not JSON"),
                       fails(401, "no good token"),
                       fails(404, "there is no such deployment, and no config is given"),
                       fails(415, "the body is not application/json"),
                       fails(422, "fields are missing, unknown or wrong; each is named in details"),
                       fails(503, "the container engine does not answer")},
           .only_looks = true,
           .handle = [parts](call& from) { return make_plan(parts, from); }}};
}

}  // namespace krane::endpoints
