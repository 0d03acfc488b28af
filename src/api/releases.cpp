#include "api/releases.hpp"

#include <fmt/format.h>

#include "api/accepted_run.hpp"
#include "api/deployments.hpp"
#include "api/envelope.hpp"
#include "api/mapping.hpp"
#include "api/request_reader.hpp"

namespace krane::endpoints {
namespace {

constexpr std::uint64_t default_releases = 100;
constexpr std::uint64_t max_releases = 1000;

task<http::reply> list_releases(release_parts parts, call& from) {
  query_reader query(from.request);
  auto const limit = query.number("limit", 1, max_releases).value_or(default_releases);
  if (auto const fit = query.outcome(); !fit) co_return fit.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  auto const found = co_await parts.state.runs().releases(kept->config.name, limit);
  if (!found) co_return found.error();
  std::vector<wire::release_answer> all;
  all.reserve(found->size());
  for (run const& one : *found) all.push_back(wire::to_release(one, kept->serving));
  co_return envelope::success_of(200, all);
}

task<http::reply> show_release(release_parts parts, call& from) {
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  std::string const wanted(from.request.param("number"));
  if (auto const number = parse_number(wanted)) {
    auto const found = co_await parts.state.runs().find(kept->config.name, *number);
    if (!found) co_return found.error();
    if (*found && (*found)->kind == run_kind::deploy)
      co_return envelope::success_of(200, wire::to_release(**found, kept->serving));
  }
  co_return make_error(errc::not_found,
                       fmt::format("{} has no release \"{}\"", kept->config.name.str(), wanted.substr(0, 100)));
}

result<std::optional<std::uint64_t>> read_release(http::request const& from) {
  if (from.body.empty()) return std::optional<std::uint64_t>();
  auto const body = read_body(from);
  if (!body) return body.error();
  auto const fields = decode<wire::rollback_request>(*body, unknown_keys::refuse);
  if (!fields) return fields.error();
  return fields->release;
}

task<http::reply> roll_back(release_parts parts, call& from) {
  auto const release = read_release(from.request);
  if (!release) co_return release.error();
  auto const kept = get_deployment(parts.state, from.request.param("name"));
  if (!kept) co_return kept.error();
  co_return co_await answer_accepted(
      from, [&](auto keep) { return parts.runs.roll_back(kept->config.name, *release, std::move(keep)); });
}

}  // namespace

std::vector<endpoint> releases(release_parts parts) {
  return {
      {.method = "GET",
       .pattern = "/deployments/:name/releases",
       .summary = "What was deployed, newest first: a release has its run's number and never changes",
       .query = {{"limit",
                  "at most that many, 100 unless said otherwise",
                  {{"type", "integer"}, {"minimum", 1}, {"maximum", max_releases}}}},
       .answers = {{200, "the releases", schema_of<std::vector<wire::release_answer>>()},
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment"),
                   fails(422, "limit is wrong")},
       .handle = [parts](call& from) { return list_releases(parts, from); }},
      {.method = "GET",
       .pattern = "/deployments/:name/releases/:number",
       .summary = "One release",
       .answers = {{200, "the release", schema_of<wire::release_answer>()},
                   fails(401, "no good token"),
                   fails(404, "there is no such deployment or release")},
       .handle = [parts](call& from) { return show_release(parts, from); }},
      {.method = "POST",
       .pattern = "/deployments/:name/rollback",
       .summary =
           "Bring an earlier release back whole, as a new one; the deployment's config becomes that release's. Without "
           "a number it is the newest one that served before the one that serves, with another content",
       .body = schema_of<wire::rollback_request>(),
       .answers = answers_of_a_run(
           {.not_found = "there is no such deployment or release",
            .conflict = "the release never served, there is none to go back to, the deployment is being deleted, or "
                        "the release's host port is held by somebody else",
            .invalid = "something in the body is wrong or not known"}),
       .handle = [parts](call& from) { return roll_back(parts, from); }},
  };
}

}  // namespace krane::endpoints
