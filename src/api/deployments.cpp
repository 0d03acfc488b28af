#include "api/deployments.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "api/config_tag.hpp"
#include "api/envelope.hpp"
#include "api/front_ports.hpp"
#include "api/json_scrubber.hpp"
#include "api/mapping.hpp"
#include "api/merge_patch.hpp"
#include "api/once.hpp"
#include "api/request_reader.hpp"
#include "api/spec_reader.hpp"
#include "base/async.hpp"
#include "model/reason.hpp"
#include "runs/ownership.hpp"

namespace krane::endpoints {
namespace {

// A person waits for this answer: an engine that hangs is told long before its own deadline is over.
constexpr std::chrono::milliseconds containers_limit{3'000};
constexpr std::uint64_t default_wait_s = 60;
constexpr std::uint64_t max_wait_s = 600;
// Of a PATCH that says nothing of what it expects, while others change the same config.
constexpr int patch_tries = 10;

bool wants_create_only(http::request const& from) {
  auto const condition = from.headers.find("If-None-Match");
  return condition && *condition == "*";
}

std::string path_of(deployment_name const& name) {
  return "/deployments/" + name.str();
}

task<http::reply> list_deployments(deployment_parts parts) {
  co_return http::response{.headers = {}, .body = parts.list.body()};
}

http::response answer_stored(deployment_store::put_outcome const& stored) {
  auto answer = envelope::success_of(stored.created ? 201 : 200, wire::to_template(stored.now.config));
  answer.headers.add("ETag", config_tag(stored.now.config));
  if (stored.created) answer.headers.add("Location", path_of(stored.now.config.name));
  return answer;
}

// What POST and PATCH ask of a config beside its form.
result<void> check_wanted(deployment_parts const& parts, spec const& wanted) {
  if (auto forbidden = parts.runs.find_forbidden(wanted); !forbidden.empty()) return make_error(std::move(forbidden));
  if (auto faults = parts.secrets.missing(wanted.name, wanted.service); !faults.empty())
    return make_error(std::move(faults));
  return {};
}

task<http::reply> put_deployment(deployment_parts parts, call& from) {
  query_reader query(from.request);
  auto const if_release = query.number("if_release", 0, max_release);
  if (auto const fit = query.outcome(); !fit) co_return fit.error();
  auto body = read_body(from.request);
  if (!body) co_return body.error();
  auto wanted = read_spec(std::move(*body));
  if (!wanted) co_return wanted.error();
  if (auto const fit = check_wanted(parts, *wanted); !fit) co_return fit.error();
  std::optional<spec> expected;
  if (names_config(from.request)) {
    auto const* const now = parts.state.find_deployment(wanted->name);
    if (auto const same = check_if_match(from.request, now == nullptr ? nullptr : &now->config); !same)
      co_return same.error();
    expected = now->config;
  }
  auto const stored = co_await parts.state.deployments().put(
      std::move(*wanted), wants_create_only(from.request), parts.time.now(), if_release,
      keep_for<deployment_store::put_outcome>(from, answer_stored), std::move(expected));
  if (!stored) co_return stored.error();
  co_return answer_stored(*stored);
}

task<http::reply> patch_deployment(deployment_parts parts, call& from) {
  query_reader query(from.request);
  auto const if_release = query.number("if_release", 0, max_release);
  if (auto const fit = query.outcome(); !fit) co_return fit.error();
  auto const body = read_patch_body(from.request);
  if (!body) co_return body.error();
  for (int tries_left = patch_tries;; --tries_left) {
    auto const kept = get_deployment(parts.state, from.request.param("name"));
    if (!kept) co_return kept.error();
    // What is not known cannot be changed in part.
    if (auto const known = get_stored_config(parts.state, from.request.param("name")); !known) co_return known.error();
    if (auto const same = check_if_match(from.request, &kept->config); !same) co_return same.error();
    auto wanted = read_patched(kept->config, *body);
    if (!wanted) co_return wanted.error();
    if (auto const fit = check_wanted(parts, *wanted); !fit) co_return fit.error();
    auto const stored = co_await parts.state.deployments().put(std::move(*wanted), false, parts.time.now(), if_release,
                                                               {}, kept->config);
    if (stored) co_return answer_stored(*stored);
    bool const moved = stored.error().reason == reason::config_moved;
    if (!moved || names_config(from.request) || tries_left == 1) co_return stored.error();
  }
}

task<http::reply> show_deployment(deployment_parts parts, call& from) {
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto containers = co_await with_deadline(
      list_our_containers(parts.docker, parts.state, parts.secrets, &kept->config.name), containers_limit,
      make_error(errc::unavailable, reason::engine_unavailable,
                 "the container engine does not answer, so the containers are not known now; try again"));
  if (!containers) co_return containers.error();
  auto const runs = co_await parts.state.runs().list(kept->config.name, 1);
  if (!runs) co_return runs.error();
  wire::deployment_detail out{.template_ = wire::to_template(kept->config),
                              .containers = {},
                              .status = parts.runs.sees_engine() ? kept->status : status_without_engine(*kept),
                              .error = kept->trouble.empty() ? std::nullopt : std::optional(kept->trouble),
                              .created_at = to_rfc3339(kept->created_at),
                              .updated_at = to_rfc3339(kept->updated_at),
                              .restarts = kept->restarts,
                              .last_run = kept->last_run ? std::optional(wire::to_note(*kept->last_run)) : std::nullopt,
                              .run = {},
                              .serving = {}};
  for (container_summary& one : *containers) {
    scrub_json(one.json, parts.secrets.hides());
    add_front_ports(one.json, one.id, parts.ports);
    out.containers.push_back(std::move(one.json));
  }
  if (!runs->empty()) {
    out.run = wire::to_run(runs->front());
    if (!out.run->finished) out.run->waits_for = parts.runs.waits_for(runs->front());
  }
  if (kept->serving) {
    auto const serving = co_await parts.state.runs().find(*kept->serving);
    if (!serving) co_return serving.error();
    if (*serving) out.serving = wire::to_run(**serving);
  }
  auto answer = envelope::success_of(200, out);
  answer.headers.add("ETag", config_tag(kept->config));
  co_return answer;
}

task<http::reply> remove_deployment(deployment_parts parts, call& from) {
  query_reader query(from.request);
  auto const wait = std::chrono::seconds(query.number("wait", 0, max_wait_s).value_or(default_wait_s));
  bool const with_volumes = query.flag("volumes", false);
  if (auto const fit = query.outcome(); !fit) co_return fit.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto const accepted = co_await parts.runs.remove(kept->config.name, with_volumes);
  if (!accepted) co_return accepted.error();
  auto const now = co_await parts.runs.wait_for_end(accepted->id, wait);
  if (!now) co_return now.error();
  wire::removal_answer out{
      .name = kept->config.name.str(), .removed = now->step == run_step::done, .run = wire::to_run(*now)};
  if (out.removed) co_return envelope::success_of(200, out);
  if (is_end(now->step))
    co_return make_error(errc::conflict, "removal_failed",
                         now->why_failed ? now->why_failed->message : "the removal did not finish; try again");
  auto answer = envelope::success_of(202, out);
  answer.headers.add("Location", path_of(kept->config.name));
  co_return answer;
}

}  // namespace

result<deployment> get_deployment(store const& state, std::string const& name) {
  auto const parsed = parse_deployment_name(name);
  if (parsed)
    if (auto const* const found = state.find_deployment(*parsed)) return *found;
  return make_error(errc::not_found, fmt::format("there is no deployment named \"{}\"", name.substr(0, 100)));
}

result<spec> get_stored_config(store const& state, std::string const& name) {
  auto kept = get_deployment(state, name);
  if (!kept) return kept.error();
  if (!kept->has_config()) return make_error(errc::conflict, reason::deployment_unreadable, kept->trouble);
  return std::move(kept->config);
}

query_field if_release_field() {
  return {"if_release",
          "only while the release of that number serves, else 409 release_moved; 0: while none does",
          {{"type", "integer"}, {"minimum", 0}}};
}

std::vector<endpoint> deployments(deployment_parts parts) {
  query_field const wait{"wait",
                         "seconds to wait for the end, 60 unless said otherwise",
                         {{"type", "integer"}, {"minimum", 0}, {"maximum", max_wait_s}}};
  return {
      {.method = "GET",
       .pattern = "/deployments",
       .summary = "List all deployments, in name order",
       .answers = {{200, "the deployments", schema_of<std::vector<wire::deployment_item>>()},
                   fails(401, "no good token")},
       .handle = [parts](call&) { return list_deployments(parts); }},
      {.method = "POST",
       .pattern = "/deployments",
       .summary =
           "Create a deployment, or update it; nothing runs until it is told to. With \"If-None-Match: *\" it is "
           "only created",
       .query = {if_release_field()},
       .body = schema_of<wire::deployment_request>(),
       .answers =
           {{.status = 200,
             .meaning = "it was there and is updated",
             .data = schema_of<wire::template_answer>(),
             .headers = {"ETag"}},
            {.status = 201,
             .meaning = "it is created",
             .data = schema_of<wire::template_answer>(),
             .headers = {"ETag", "Location"}},
            fails(400, "the body is not JSON"),
            fails(401, "no good token"),
            fails(409, "another deployment holds the host port, this one is being deleted, or another release serves"),
            fails(412, "it is there already, and If-None-Match: * was sent; or its config is not the one of If-Match"),
            fails(415, "the body is not application/json"),
            fails(
                422,
                "fields are missing, unknown or wrong, or name a secret that is not there; each is named in details")},
       .handle = [parts](call& from) { return put_deployment(parts, from); }},
      {.method = "GET",
       .pattern = "/deployments/:name",
       .summary = "A deployment, its containers in any state as the engine describes them, and its newest run",
       .answers = {{.status = 200,
                    .meaning = "the deployment",
                    .data = schema_of<wire::deployment_detail>(),
                    .headers = {"ETag"}},
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment"),
                   fails(503, "the container engine does not answer")},
       .handle = [parts](call& from) { return show_deployment(parts, from); }},
      {.method = "PATCH",
       .pattern = "/deployments/:name",
       .summary =
           "Change fields of a deployment's config and leave the others as they are (JSON Merge Patch, RFC 7396: "
           "null takes a field away, lists are replaced whole); nothing runs until it is told to. It never "
           "creates one",
       .query = {if_release_field()},
       .body = wire::config_patch_schema(),
       .answers = {{.status = 200,
                    .meaning = "what is stored now",
                    .data = schema_of<wire::template_answer>(),
                    .headers = {"ETag"}},
                   fails(400, "the body is not JSON"),
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment"),
                   fails(409,
                         "another deployment holds the host port, this one is being deleted, or another release "
                         "serves"),
                   fails(412, "its config is not the one of If-Match"),
                   fails(415, "the body is neither application/merge-patch+json nor application/json"),
                   fails(422,
                         "with this change fields would be missing, unknown or wrong, or name a secret that is "
                         "not there; each is named in details")},
       .handle = [parts](call& from) { return patch_deployment(parts, from); }},
      {.method = "DELETE",
       .pattern = "/deployments/:name",
       .summary =
           "Remove a deployment: its containers, the images that krane pulled for it and nobody else needs, and its "
           "record. Its volumes stay, unless volumes=true",
       .query = {wait,
                 {"volumes", "true removes its volumes too, with all that is kept in them", {{"type", "boolean"}}}},
       .answers = {{200, "all of it is gone", schema_of<wire::removal_answer>()},
                   {.status = 202,
                    .meaning = "it takes longer and goes on by itself",
                    .data = schema_of<wire::removal_answer>(),
                    .headers = {"Location"}},
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment"),
                   fails(422, "a query parameter is unknown or wrong")},
       .handle = [parts](call& from) { return remove_deployment(parts, from); }},
  };
}

}  // namespace krane::endpoints
