#include "api/health.hpp"

#include "api/envelope.hpp"
#include "api/front_ports.hpp"
#include "api/types.hpp"
#include "model/reason.hpp"

namespace krane::endpoints {
namespace {

constexpr char fine[] = "ok";

task<http::reply> constant(std::shared_ptr<std::string const> body) {
  co_return http::response{.headers = {}, .body = std::move(body)};
}

// No value: ready.
std::optional<error> find_obstacle(wire::ready_answer const& state, std::optional<error> const& trouble,
                                   std::optional<error> const& front_trouble) {
  std::string text;
  std::string word;
  auto const add = [&](std::string const& what, std::string const& why) {
    text += (text.empty() ? "not ready: " : "; ") + what;
    if (word.empty()) word = why;
  };
  if (trouble) add("the store takes no changes", trouble->reason);
  if (state.engine != fine) add("the container engine does not answer", reason::engine_unavailable);
  if (state.recovery != fine) add("recovery is under way", reason::recovering);
  // Where its log is, is not for everybody: GET /system tells.
  if (front_trouble) add("the front does not hold the host ports", front_trouble->reason);
  if (text.empty()) return std::nullopt;
  return error{errc::unavailable, word, text};
}

task<http::reply> get_ready(health_parts parts) {
  auto const trouble = parts.state.trouble();
  bool const answers = co_await parts.docker.answers();
  wire::ready_answer const state{.status = "ready",
                                 .store = trouble ? trouble->reason : fine,
                                 .engine = answers ? fine : "does not answer",
                                 .recovery = parts.runs.recovered() ? fine : "under way",
                                 .front = state_of(parts.ports),
                                 .login_keys = parts.auth.key_count()};
  if (auto const obstacle = find_obstacle(state, trouble, parts.ports.trouble())) co_return *obstacle;
  co_return envelope::success_of(200, state);
}

endpoint constant_endpoint(std::string pattern, std::string summary, std::string meaning, boost::json::value schema,
                           std::string const& data) {
  auto const body = envelope::shared(envelope::success_text(200, data));
  return {.method = "GET",
          .pattern = std::move(pattern),
          .summary = std::move(summary),
          .who = access::open,
          .answers = {{200, std::move(meaning), std::move(schema)}},
          .handle = [body](call&) { return constant(body); }};
}

}  // namespace

std::vector<endpoint> health(health_parts parts, std::string const& version) {
  auto const alive = to_json_text(wire::alive_answer{"alive"});
  auto const alive_schema = schema_of<wire::alive_answer>();
  return {
      constant_endpoint("/health", "Whether the server runs", "it does", alive_schema, alive),
      constant_endpoint("/healthz", "Whether the server runs", "it does", alive_schema, alive),
      {.method = "GET",
       .pattern = "/readyz",
       .summary =
           "Whether it can do its work: the store is writable, the engine answers, recovery is done, host ports are "
           "held",
       .who = access::open,
       .answers = {{200, "it can", schema_of<wire::ready_answer>()},
                   fails(503, "not yet, or not now; the error says what is missing")},
       .handle = [parts](call&) { return get_ready(parts); }},
      constant_endpoint("/version", "What runs here", "its version", schema_of<wire::version_answer>(),
                        to_json_text(wire::version_answer{"krane-server", version})),
  };
}

}  // namespace krane::endpoints
