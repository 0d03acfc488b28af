#include "api/runs.hpp"

#include <fmt/format.h>

#include "api/accepted_run.hpp"
#include "api/deployments.hpp"
#include "api/envelope.hpp"
#include "api/mapping.hpp"
#include "api/once.hpp"
#include "api/request_reader.hpp"
#include "model/reason.hpp"

namespace krane::endpoints {
namespace {

constexpr std::uint64_t default_runs = 100;
constexpr std::uint64_t max_runs = 1000;

struct run_query {
  std::optional<std::string> tag;
  std::optional<std::uint64_t> if_release;
};

result<run_query> read_query(http::request const& from) {
  query_reader query(from);
  run_query out{query.text("tag"), query.number("if_release", 0, max_release)};
  if (out.tag)
    if (auto const valid = parse_tag(*out.tag); !valid) query.refuse("tag", valid.error().message);
  if (auto const fit = query.outcome(); !fit) return fit.error();
  return out;
}

task<http::reply> start_run(run_parts parts, call& from) {
  if (auto const fit = expect_no_fields(from.request); !fit) co_return fit.error();
  auto query = read_query(from.request);
  if (!query) co_return query.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  if (auto const faults = parts.secrets.missing(kept->config.name, kept->config.service); !faults.empty())
    co_return make_error(errc::conflict, reason::secret_missing,
                         fmt::format("{} {}", faults.front().path, faults.front().error));
  co_return co_await answer_accepted(from, [&](auto keep) {
    return parts.runs.deploy(kept->config.name, std::move(query->tag), query->if_release, std::move(keep));
  });
}

task<http::reply> act_on_serving(run_parts parts, call& from, run_kind kind) {
  if (auto const fit = expect_no_fields(from.request); !fit) co_return fit.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  co_return co_await answer_accepted(
      from, [&](auto keep) { return parts.runs.act_on_serving(kept->config.name, kind, std::move(keep)); });
}

std::vector<answer> with(std::vector<answer> all, answer one) {
  all.push_back(std::move(one));
  return all;
}

// POST /deployments/:name/stop, /start, /restart
endpoint of_what_serves(run_parts parts, run_kind kind, std::string word, std::string summary) {
  return {.method = "POST",
          .pattern = "/deployments/:name/" + word,
          .summary = std::move(summary),
          .body = schema_of<wire::nothing>(),
          .answers = answers_of_a_run({.not_found = "there is no such deployment",
                                       .conflict = "it never came up, or is being deleted",
                                       .invalid = "something in the body is not known"}),
          .handle = [parts, kind](call& from) { return act_on_serving(parts, from, kind); }};
}

task<http::reply> scale(run_parts parts, call& from) {
  auto const body = read_body(from.request);
  if (!body) co_return body.error();
  auto const wanted = decode<wire::scale_request>(*body, unknown_keys::refuse);
  if (!wanted) co_return wanted.error();
  if (wanted->replicas < 1 || wanted->replicas > most_replicas)
    co_return make_error(std::vector{fault{"replicas", fmt::format("must be 1 to {}", most_replicas)}});
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  co_return co_await answer_accepted(
      from, [&](auto keep) { return parts.runs.scale(kept->config.name, wanted->replicas, std::move(keep)); });
}

wire::run_answer run_now(run_parts const& parts, run const& r) {
  auto out = wire::to_run(r);
  if (!out.finished) out.waits_for = parts.runs.waits_for(r);
  return out;
}

task<http::reply> list_runs(run_parts parts, call& from) {
  query_reader query(from.request);
  auto const limit = query.number("limit", 1, max_runs).value_or(default_runs);
  if (auto const fit = query.outcome(); !fit) co_return fit.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto const found = co_await parts.state.runs().list(kept->config.name, limit);
  if (!found) co_return found.error();
  std::vector<wire::run_answer> all;
  all.reserve(found->size());
  for (run const& one : *found) all.push_back(run_now(parts, one));
  co_return envelope::success_of(200, all);
}

// By its id, or by its number within the deployment.
task<run> get_run(store& state, deployment_name name, std::string id) {
  auto found = co_await state.runs().find(run_id{id});
  if (!found) co_return found.error();
  if (*found && (*found)->what.name == name) co_return std::move(**found);
  if (auto const number = parse_number(id)) {
    auto all = co_await state.runs().list(name, max_runs);
    if (!all) co_return all.error();
    for (run& one : *all)
      if (one.number == *number) co_return std::move(one);
  }
  co_return make_error(errc::not_found,
                       fmt::format("the deployment \"{}\" has no run \"{}\"", name.str(), id.substr(0, 100)));
}

task<http::reply> show_run(run_parts parts, call& from) {
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto const found = co_await get_run(parts.state, kept->config.name, from.request.param("id"));
  if (!found) co_return found.error();
  co_return envelope::success_of(200, run_now(parts, *found));
}

task<http::reply> cancel_run(run_parts parts, call& from) {
  if (auto const fit = expect_no_fields(from.request); !fit) co_return fit.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto const found = co_await get_run(parts.state, kept->config.name, from.request.param("id"));
  if (!found) co_return found.error();
  co_return co_await answer_accepted(
      from, [&](auto keep) { return parts.runs.cancel(kept->config.name, found->id, std::move(keep)); });
}

http::response answer_cancelled(std::vector<run> const& asked) {
  wire::cancelled_runs out;
  for (run const& one : asked) out.runs.push_back(wire::to_run(one));
  return envelope::success_of(202, out);
}

task<http::reply> cancel_what_is_under_way(run_parts parts, call& from) {
  if (auto const fit = expect_no_fields(from.request); !fit) co_return fit.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto const asked =
      co_await parts.runs.cancel_all(kept->config.name, keep_for<std::vector<run>>(from, answer_cancelled));
  if (!asked) co_return asked.error();
  co_return answer_cancelled(*asked);
}

}  // namespace

std::vector<endpoint> runs(run_parts parts) {
  return {
      {.method = "POST",
       .pattern = "/deployments/:name/run",
       .summary = "Bring a release of the deployment up; answered as soon as the run is on the disk. The body is empty",
       .query = {{"tag",
                  "the image's tag; the deployment's own unless said otherwise, else latest",
                  {{"type", "string"}, {"pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"}}},
                 if_release_field()},
       .body = schema_of<wire::nothing>(),
       .answers = with(
           answers_of_a_run(
               {.not_found = "there is no such deployment",
                .conflict = "the deployment is being deleted, its host port is held by somebody else, a secret that it "
                            "asks for is not there, or another release serves than if_release says",
                .invalid = "the tag or if_release is wrong, or something is not known"}),
           fails(507, "the image is known not to fit on the engine's disk, or the store's disk is full")),
       .handle = [parts](call& from) { return start_run(parts, from); }},
      of_what_serves(parts, run_kind::stop, "stop",
                     "Stop the release that serves; its container stays, and it stays stopped until it is started or "
                     "another is deployed"),
      of_what_serves(parts, run_kind::start, "start", "Start the release that was stopped, and check it"),
      of_what_serves(parts, run_kind::restart, "restart",
                     "Stop and start the container of the release that serves; connections to its host port wait"),
      {.method = "POST",
       .pattern = "/deployments/:name/scale",
       .summary = "Have more or fewer containers of the release that serves, and leave the others as they are; the "
                  "deployment's config asks for as many from then on",
       .body = schema_of<wire::scale_request>(),
       .answers = answers_of_a_run(
           {.not_found = "there is no such deployment",
            .conflict = "nothing serves, it is being deleted, or the engine publishes its host port, which one "
                        "container only can have",
            .invalid = "replicas is wrong or missing, or the config does not go with several"}),
       .handle = [parts](call& from) { return scale(parts, from); }},
      {.method = "GET",
       .pattern = "/deployments/:name/runs",
       .summary = "The deployment's runs, newest first",
       .query = {{"limit",
                  "at most that many, 100 unless said otherwise",
                  {{"type", "integer"}, {"minimum", 1}, {"maximum", max_runs}}}},
       .answers = {{200, "the runs", schema_of<std::vector<wire::run_answer>>()},
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment"),
                   fails(422, "limit is wrong")},
       .handle = [parts](call& from) { return list_runs(parts, from); }},
      {.method = "GET",
       .pattern = "/deployments/:name/runs/:id",
       .summary = "One run, by its id or its number",
       .answers = {{200, "the run", schema_of<wire::run_answer>()},
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment or run")},
       .handle = [parts](call& from) { return show_run(parts, from); }},
      {.method = "POST",
       .pattern = "/deployments/:name/runs/:id/cancel",
       .summary = "Cancel a run: what it has done is undone, and the release before it serves on",
       .body = schema_of<wire::nothing>(),
       .answers = {{.status = 202,
                    .meaning = "the cancel is on the disk and will be carried out",
                    .data = schema_of<wire::accepted_run>(),
                    .headers = {"Location"}},
                   fails(400, "the body is not JSON"),
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment or run"),
                   fails(409, "the run has ended"),
                   fails(415, "the body is not application/json"),
                   fails(422, "something in the body is not known")},
       .handle = [parts](call& from) { return cancel_run(parts, from); }},
      {.method = "POST",
       .pattern = "/deployments/:name/cancel",
       .summary = "Cancel the run that is under way, and any that waits, as each would be by its id",
       .body = schema_of<wire::nothing>(),
       .answers = {{202, "the cancel is on the disk and will be carried out", schema_of<wire::cancelled_runs>()},
                   fails(400, "the body is not JSON"),
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment"),
                   fails(409, "no run is under way, or the deployment is being deleted"),
                   fails(415, "the body is not application/json"),
                   fails(422, "something in the body is not known")},
       .handle = [parts](call& from) { return cancel_what_is_under_way(parts, from); }},
  };
}

}  // namespace krane::endpoints
