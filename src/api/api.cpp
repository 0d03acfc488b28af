#include "api/api.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "api/container_events.hpp"
#include "api/deployment_events.hpp"
#include "api/deployment_list.hpp"
#include "api/deployments.hpp"
#include "api/engine_watch.hpp"
#include "api/envelope.hpp"
#include "api/gate.hpp"
#include "api/health.hpp"
#include "api/login.hpp"
#include "api/once.hpp"
#include "api/openapi.hpp"
#include "api/plan.hpp"
#include "api/registries.hpp"
#include "api/releases.hpp"
#include "api/request_reader.hpp"
#include "api/runs.hpp"
#include "api/secrets.hpp"
#include "api/sessions.hpp"
#include "api/system.hpp"
#include "http/router.hpp"

namespace krane {
namespace {

using endpoints::access;
using endpoints::call;
using endpoints::endpoint;

void append(std::vector<endpoint>& to, std::vector<endpoint> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string_view first_word(std::string_view path) {
  auto const end = path.find('/', 1);
  return end == std::string_view::npos ? path : path.substr(0, end);
}

// What is or is not there next to an endpoint that asks for a token is told to nobody without one.
bool is_private(std::string_view path, std::vector<endpoint> const& all) {
  return std::ranges::any_of(
      all, [&](endpoint const& one) { return one.who != access::open && first_word(one.pattern) == first_word(path); });
}

http::header_list& headers_of(http::reply& answer) {
  return std::visit([](auto& one) -> http::header_list& { return one.headers; }, answer);
}

http::router make_router(std::vector<endpoint> const& all) {
  std::vector<http::route> routes;
  for (endpoint const& one : all) routes.push_back({one.method, one.pattern, {}});
  return http::router(std::move(routes));
}

task<http::reply> give(std::shared_ptr<std::string const> body) {
  co_return http::response{.headers = {}, .body = std::move(body)};
}

}  // namespace

class api::parts_in_use {
public:
  parts_in_use(api_parts parts, api_settings const& settings)
      : gate_(parts.auth, settings),
        runs_(parts.runs),
        list_(parts.state, [&runs = parts.runs] { return runs.sees_engine(); }),
        docker_watch_(parts.network, parts.docker),
        hides_(parts.secrets.hides()),
        once_(parts.state, parts.time, hides_),
        endpoints_(all_endpoints(parts, settings)),
        router_(make_router(endpoints_)) {}

  coroutine<http::reply> answer(http::request& to);
  void set_settings(api_settings settings) { gate_.set_settings(std::move(settings)); }
  std::string const& document() const { return *document_; }

private:
  std::vector<endpoint> all_endpoints(api_parts const& parts, api_settings const& settings);
  task<http::reply> answer_page(http::request& to);
  result<http::reply> answer_options(http::request const& to) const;
  error no_route(http::route_match const& match, http::request const& to) const;

  gate gate_;
  run_service& runs_;
  deployment_list list_;
  engine_watch docker_watch_;
  scrubber const& hides_;
  once_only once_;
  std::shared_ptr<std::string const> document_;
  std::vector<endpoint> endpoints_;  // routes of the router, in its order
  http::router router_;
};

std::vector<endpoint> api::parts_in_use::all_endpoints(api_parts const& parts, api_settings const& settings) {
  std::vector<endpoint> all;
  append(all, endpoints::login(parts.auth));
  append(all, endpoints::sessions(parts.auth));
  append(all, endpoints::deployments(
                  {parts.state, parts.runs, parts.docker, parts.ports, parts.time, list_, parts.secrets}));
  append(all, endpoints::runs({parts.state, parts.runs, parts.secrets}));
  append(all, endpoints::plan({parts.state, parts.runs, parts.secrets.hides()}));
  append(all, endpoints::releases({parts.state, parts.runs}));
  append(all, endpoints::secrets(parts.secrets));
  append(all, endpoints::registries(parts.secrets));
  append(all, endpoints::deployment_events({parts.auth, parts.state, parts.events}));
  append(all, endpoints::container_events({parts.auth, parts.state, parts.docker, parts.secrets}));
  append(all, endpoints::health({parts.auth, parts.state, parts.runs, docker_watch_, parts.ports}, settings.version));
  append(all, endpoints::system_state({parts.auth, parts.state, parts.runs, parts.docker, docker_watch_, parts.ports,
                                       parts.time, settings.version, settings.state_folder, settings.engine_is_here,
                                       settings.disk_reserve_bytes, parts.secrets}));
  endpoint itself{.method = "GET",
                  .pattern = "/openapi.json",
                  .summary = "This document",
                  .who = access::open,
                  .answers = {{.status = 200,
                               .meaning = "the document itself, without an envelope",
                               .data = boost::json::object{{"type", "object"}},
                               .bare = true}},
                  .handle = {}};
  all.push_back(itself);
  document_ = envelope::shared(make_openapi(all, settings.version));
  all.back().handle = [body = document_](call&) { return give(body); };
  return all;
}

error api::parts_in_use::no_route(http::route_match const& match, http::request const& to) const {
  if (match.allowed.empty())
    return make_error(errc::not_found, fmt::format("there is nothing at {}", to.path.substr(0, 200)));
  return make_error(errc::method_not_allowed, fmt::format("{} takes {}, not {}", to.path.substr(0, 200),
                                                          fmt::join(match.allowed, ", "), to.method.substr(0, 20)));
}

// A browser asks before it sends what a form could not; others may ask what a path takes.
result<http::reply> api::parts_in_use::answer_options(http::request const& to) const {
  auto const match = router_.find("OPTIONS", to.path);
  if (match.allowed.empty()) return no_route(match, to);
  std::string const methods = fmt::format("{}, OPTIONS", fmt::join(match.allowed, ", "));
  http::response answer{.status = 204, .headers = {}, .body = nullptr};
  answer.headers.add("Allow", methods);
  if (to.headers.find("Origin") && to.headers.find("Access-Control-Request-Method")) {
    answer.headers.add("Access-Control-Allow-Methods", methods);
    answer.headers.add(
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-Request-Id");
    answer.headers.add("Access-Control-Max-Age", "600");
  }
  return answer;
}

task<http::reply> api::parts_in_use::answer_page(http::request& to) {
  if (to.method == "OPTIONS") co_return answer_options(to);
  auto match = router_.find(to.method, to.path);
  call from{.request = to, .who = {}, .token = {}};
  if (match.found == nullptr) {
    if (is_private(to.path, endpoints_))
      if (auto const let_in = gate_.check_access(access::session, from); !let_in) co_return let_in.error();
    auto answer = envelope::failure(no_route(match, to), to.id);
    if (!match.allowed.empty()) answer.headers.add("Allow", fmt::format("{}", fmt::join(match.allowed, ", ")));
    co_return answer;
  }
  endpoint const& found = endpoints_[static_cast<std::size_t>(match.found - router_.routes().data())];
  if (auto const let_in = gate_.check_access(found.who, from); !let_in) co_return let_in.error();
  to.params = std::move(match.params);
  // What changes something must not be misunderstood; elsewhere caches and monitors add parameters of their own.
  if (found.method != "GET") {
    std::vector<std::string_view> known;
    for (auto const& field : found.query) known.push_back(field.name);
    if (auto const fit = check_query_names(to, known); !fit) co_return fit.error();
  }
  if (changes_deployments(found))
    if (auto const queued = co_await runs_.wait_until_queued(); !queued) co_return queued.error();
  co_return co_await once_.answer(found, from);
}

coroutine<http::reply> api::parts_in_use::answer(http::request& to) {
  if (auto const known = gate_.check_host(to); !known) co_return envelope::failure(known.error(), to.id);
  auto const origin = gate_.check_origin(to);
  if (!origin) co_return envelope::failure(origin.error(), to.id);
  auto made = co_await answer_page(to);
  http::reply answer = made ? std::move(*made) : http::reply(envelope::failure(hides_.clean(made.error()), to.id));
  if (*origin) add_cors_headers(headers_of(answer), **origin);
  co_return answer;
}

api::api(api_parts parts, api_settings settings) : in_use_(std::make_unique<parts_in_use>(parts, settings)) {}
api::~api() = default;

http::handler api::handler() {
  return [all = in_use_.get()](http::request& to) { return all->answer(to); };
}

std::string api::error_body(int status, std::string const& reason, std::string const& message) {
  return envelope::failure_text(status, make_error(errc::internal, reason, message));
}

void api::set_settings(api_settings settings) {
  in_use_->set_settings(std::move(settings));
}

std::string const& api::document() const {
  return in_use_->document();
}

}  // namespace krane
