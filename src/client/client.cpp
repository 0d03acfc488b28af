// Length: one request of the API after the other, each a few lines.
#include "client/client.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "client/answers.hpp"
#include "client/http_client.hpp"
#include "client/http_date.hpp"
#include "client/reason.hpp"
#include "client/repeats.hpp"
#include "client/retry.hpp"
#include "client/sse_stream.hpp"

namespace krane::client {
namespace {

using namespace std::chrono_literals;

// The reason of a server that has just started, and takes no changes yet.
constexpr char recovering[] = "recovering";

// One part of a path, or a value of a query.
std::string escaped(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").contains(c);
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string path_of(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (auto const part : parts) out.append("/").append(escaped(part));
  return out;
}

// An empty name is all deployments.
std::string path_of_events(std::string_view name) {
  return name.empty() ? path_of({"events"}) : path_of({"deployments", name, "events"});
}

void add_query(std::string& to, std::string_view name, std::optional<std::string> const& value) {
  if (value) to += fmt::format("{}{}={}", to.contains('?') ? '&' : '?', name, escaped(*value));
}

std::optional<std::string> number_text(std::optional<std::uint64_t> number) {
  return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

// How long the server asks to wait; nothing where it says nothing that is reasonable.
std::chrono::milliseconds retry_after(answer_head const& head) {
  constexpr int most_seconds = 30;
  auto const text = head.headers.find("Retry-After").value_or("");
  int seconds = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  bool const whole = failed == std::errc() && end == text.data() + text.size();
  return whole && seconds >= 0 && seconds <= most_seconds ? std::chrono::seconds(seconds) : 0s;
}

struct session_wanted {
  std::string name;
  std::optional<std::int64_t> ttl_seconds;
};
BOOST_DESCRIBE_STRUCT(session_wanted, (), (name, ttl_seconds))

struct signed_challenge {
  std::string request_id;
  std::string token;
};
BOOST_DESCRIBE_STRUCT(signed_challenge, (), (request_id, token))

struct session_answer {
  session_info session;
};
BOOST_DESCRIBE_STRUCT(session_answer, (), (session))

struct registry_wanted {
  std::string username;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(registry_wanted, (), (username, password))

struct secret_wanted {
  std::string value;
};
BOOST_DESCRIBE_STRUCT(secret_wanted, (), (value))

struct scale_wanted {
  std::uint32_t replicas = 0;
};
BOOST_DESCRIBE_STRUCT(scale_wanted, (), (replicas))

struct rollback_wanted {
  std::optional<std::uint64_t> release;
};
BOOST_DESCRIBE_STRUCT(rollback_wanted, (), (release))

struct run_answer {
  run_info run;
};
BOOST_DESCRIBE_STRUCT(run_answer, (), (run))

struct runs_answer {
  std::vector<run_info> runs;
};
BOOST_DESCRIBE_STRUCT(runs_answer, (), (runs))

}  // namespace

struct krane_api::parts {
  http_client http;
  std::string token;

  // An answer of the server that is not as this program knows it.
  template <class T>
  result<T> understand(result<boost::json::value> const& data) const {
    if (!data) return data.error();
    auto read = decode<T>(*data, unknown_keys::ignore);
    if (!read)
      return make_error(errc::internal, "unknown_answer",
                        fmt::format("the answer of {} is not understood ({}); is it much newer than this program?",
                                    http.where().text(), read.error().message));
    return read;
  }

  http_request request(std::string method, std::string target, std::string body = {}) const {
    http_request out{.method = std::move(method), .target = std::move(target), .body = std::move(body)};
    if (!token.empty()) out.headers.emplace_back("Authorization", "Bearer " + token);
    return out;
  }

  // One that is done once, however often it comes.
  http_request once(std::string target, std::string body = {}) const {
    auto out = request("POST", std::move(target), std::move(body));
    out.headers.emplace_back(request_key_header, make_request_key());
    return out;
  }

  task<boost::json::value> ask(http_request what, std::chrono::milliseconds more_time = {}, int* status = nullptr);
  task<boost::json::value> ask_once(http_request what, int* status = nullptr);
  task<run_info> ask_for_run(std::string target, std::string body = {});
  template <class T>
  task<T> ask_for(std::string method, std::string target, std::string body = {});
  task<std::unique_ptr<sse_stream>> open(http_request what);
};

task<boost::json::value> krane_api::parts::ask(http_request what, std::chrono::milliseconds more_time, int* status) {
  retry_pause pause({.longest_pause = 1s, .patience = http.limits().repeat});
  for (;;) {
    auto const answer = co_await http.call(what, more_time);
    if (!answer) co_return answer.error();
    if (status != nullptr) *status = answer->head.status;
    auto read = read_answer(answer->head, answer->body, http.where(), !token.empty());
    // A server that has just started has changed nothing, whatever it was asked.
    bool const recovers = !read && read.error().reason == recovering && what.method != "GET";
    if (!recovers) co_return read;
    if (auto const again = co_await pause.after(read.error(), retry_after(answer->head)); !again)
      co_return again.error();
  }
}

task<boost::json::value> krane_api::parts::ask_once(http_request what, int* status) {
  repeats tries(http.limits().repeat);
  for (;;) {
    auto answer = co_await ask(what, {}, status);
    if (answer) co_return answer;
    if (auto const again = co_await tries.after(answer.error()); !again) co_return again.error();
  }
}

task<run_info> krane_api::parts::ask_for_run(std::string target, std::string body) {
  auto const data = co_await ask_once(once(std::move(target), std::move(body)));
  auto answer = understand<run_answer>(data);
  if (!answer) co_return answer.error();
  co_return std::move(answer->run);
}

template <class T>
task<T> krane_api::parts::ask_for(std::string method, std::string target, std::string body) {
  auto const data = co_await ask(request(std::move(method), std::move(target), std::move(body)));
  co_return understand<T>(data);
}

task<std::unique_ptr<sse_stream>> krane_api::parts::open(http_request what) {
  what.headers.emplace_back("Accept", "text/event-stream");
  auto link = co_await http.open(std::move(what));
  if (!link) co_return link.error();
  auto const type = (*link)->head().headers.find("Content-Type");
  if ((*link)->head().status == 200 && type && type->starts_with("text/event-stream"))
    co_return std::make_unique<sse_stream>(std::move(*link), http.where(), http.limits().silence);
  std::string body;
  for (bool more = true; more && body.size() < http_client::max_answer_bytes;) {
    auto const read = co_await (*link)->read_some(body);
    if (!read) co_return read.error();
    more = *read;
  }
  auto const refused = read_answer((*link)->head(), body, http.where(), !token.empty());
  if (!refused) co_return refused.error();
  co_return make_error(errc::unavailable, reason::not_krane,
                       fmt::format("what answers at {} is no krane server: it sends no stream", http.where().text()));
}

krane_api::krane_api(endpoint where, std::string token, time_limits limits)
    : parts_(new parts{http_client(std::move(where), limits), std::move(token)}) {}
krane_api::~krane_api() = default;

endpoint const& krane_api::where() const {
  return parts_->http.where();
}

void krane_api::set_token(std::string token) {
  parts_->token = std::move(token);
}

task<login_challenge> krane_api::get_challenge() {
  co_return co_await parts_->ask_for<login_challenge>("GET", "/login");
}

task<session_info> krane_api::log_in(std::string request_id, std::string signed_token) {
  auto answer = co_await parts_->ask_for<session_answer>(
      "POST", "/auth", to_json_text(signed_challenge{std::move(request_id), std::move(signed_token)}));
  if (!answer && answer.error().code == errc::unauthorized)
    co_return make_error(errc::unauthorized, "login_refused",
                         fmt::format("{} does not accept this key", where().text()));
  if (!answer) co_return answer.error();
  answer->session.current = true;
  co_return std::move(answer->session);
}

task<std::vector<session_info>> krane_api::list_sessions() {
  auto all = co_await parts_->ask_for<std::vector<session_info>>("GET", "/sessions");
  if (all)
    for (session_info& one : *all) one.current = one.token == parts_->token;
  co_return all;
}

task<session_info> krane_api::create_session(std::string name, std::optional<std::chrono::seconds> ttl) {
  session_wanted what{.name = std::move(name), .ttl_seconds = {}};
  if (ttl) what.ttl_seconds = ttl->count();
  auto answer = co_await parts_->ask_for<session_answer>("POST", "/sessions", to_json_text(what));
  if (!answer) co_return answer.error();
  co_return std::move(answer->session);
}

task<void> krane_api::revoke_session(std::string id) {
  auto const done = co_await parts_->ask(parts_->request("DELETE", path_of({"sessions", id})));
  if (!done) co_return done.error();
  co_return result<void>{};
}

task<session_info> krane_api::get_own_session() {
  auto all = co_await list_sessions();
  if (!all) co_return all.error();
  for (session_info& one : *all)
    if (one.current) co_return std::move(one);
  co_return make_error(errc::not_found, "the server does not list the session of this token");
}

task<void> krane_api::revoke_own_session() {
  auto const own = co_await get_own_session();
  if (!own) co_return own.error();
  co_return co_await revoke_session(own->id);
}

task<std::vector<deployment_item>> krane_api::list_deployments() {
  co_return co_await parts_->ask_for<std::vector<deployment_item>>("GET", "/deployments");
}

task<deployment_info> krane_api::get_deployment(std::string name) {
  co_return co_await parts_->ask_for<deployment_info>("GET", path_of({"deployments", name}));
}

task<stored_deployment> krane_api::put_deployment(deployment_wanted what, bool create_only,
                                                  std::optional<std::uint64_t> if_release, std::string tag) {
  std::string target = path_of({"deployments"});
  add_query(target, "if_release", number_text(if_release));
  auto request = parts_->once(std::move(target), to_json_text(what));
  if (create_only) request.headers.emplace_back("If-None-Match", "*");
  if (!tag.empty()) request.headers.emplace_back("If-Match", std::move(tag));
  int status = 0;
  auto const data = co_await parts_->ask_once(std::move(request), &status);
  auto now = parts_->understand<template_info>(data);
  if (!now) co_return now.error();
  co_return stored_deployment{std::move(*now), status == 201};
}

task<stored_deployment> krane_api::patch_deployment(std::string name, boost::json::object patch,
                                                    std::optional<std::uint64_t> if_release, std::string tag) {
  std::string target = path_of({"deployments", name});
  add_query(target, "if_release", number_text(if_release));
  auto request = parts_->request("PATCH", std::move(target), boost::json::serialize(patch));
  if (!tag.empty()) request.headers.emplace_back("If-Match", std::move(tag));
  // Once more it changes nothing, or is refused, since the configuration is another one by then.
  auto const data = co_await parts_->ask_once(std::move(request));
  auto now = parts_->understand<template_info>(data);
  if (!now) co_return now.error();
  co_return stored_deployment{std::move(*now), false};
}

task<std::optional<stored_config>> krane_api::find_config(std::string name) {
  auto const answer = co_await parts_->http.call(parts_->request("GET", path_of({"deployments", name})));
  if (!answer) co_return answer.error();
  auto data = read_answer(answer->head, answer->body, where(), !parts_->token.empty());
  stored_config out{.config = {}, .tag = std::string(answer->head.headers.find("ETag").value_or(""))};
  if (data) {
    boost::system::error_code none;
    auto const* const found = std::as_const(*data).find_pointer("/template/config", none);
    if (found != nullptr && found->is_object()) out.config = found->get_object();
    co_return out;
  }
  if (data.error().code == errc::not_found) co_return std::nullopt;
  if (answer->head.status < 500) co_return data.error();
  // The engine is not needed for what is stored.
  auto const all = co_await parts_->ask(parts_->request("GET", path_of({"deployments"})));
  if (!all) co_return all.error();
  if (all->is_array())
    for (boost::json::value const& one : all->get_array()) {
      auto const* const item = one.if_object();
      auto const* const called = item == nullptr ? nullptr : item->if_contains("name");
      auto const* const config = item == nullptr ? nullptr : item->if_contains("config");
      if (called == nullptr || config == nullptr || *called != boost::json::value(name) || !config->is_object())
        continue;
      out.config = config->get_object();
      out.tag.clear();
      co_return out;
    }
  co_return std::nullopt;
}

task<removal_info> krane_api::remove_deployment(std::string name, std::chrono::seconds wait, bool with_volumes) {
  auto target = path_of({"deployments", name});
  add_query(target, "wait", std::to_string(wait.count()));
  if (with_volumes) add_query(target, "volumes", "true");
  auto const data = co_await parts_->ask(parts_->request("DELETE", std::move(target)), wait);
  co_return parts_->understand<removal_info>(data);
}

task<stored_secret> krane_api::put_secret(std::string name, std::string key, std::string value) {
  auto body = to_json_text(secret_wanted{std::move(value)});
  int status = 0;
  auto const data = co_await parts_->ask(
      parts_->request("PUT", path_of({"deployments", name, "secrets", key}), std::move(body)), {}, &status);
  auto now = parts_->understand<secret_version>(data);
  if (!now) co_return now.error();
  co_return stored_secret{std::move(*now), status == 201};
}

task<std::vector<secret_info>> krane_api::list_secrets(std::string name) {
  co_return co_await parts_->ask_for<std::vector<secret_info>>("GET", path_of({"deployments", name, "secrets"}));
}

task<stored_registry> krane_api::put_registry(std::string registry, std::string username, std::string password) {
  auto body = to_json_text(registry_wanted{std::move(username), std::move(password)});
  auto const data = co_await parts_->ask(parts_->request("PUT", path_of({"registries", registry}), std::move(body)));
  co_return parts_->understand<stored_registry>(data);
}

task<std::vector<registry_info>> krane_api::list_registries() {
  co_return co_await parts_->ask_for<std::vector<registry_info>>("GET", path_of({"registries"}));
}

task<void> krane_api::remove_registry(std::string registry) {
  auto const done = co_await parts_->ask(parts_->request("DELETE", path_of({"registries", registry})));
  if (!done) co_return done.error();
  co_return result<void>{};
}

task<void> krane_api::remove_secret(std::string name, std::string key) {
  auto const done = co_await parts_->ask(parts_->request("DELETE", path_of({"deployments", name, "secrets", key})));
  if (!done) co_return done.error();
  co_return result<void>{};
}

task<plan_info> krane_api::plan(std::string name, plan_wanted what) {
  co_return co_await parts_->ask_for<plan_info>("POST", path_of({"deployments", name, "plan"}), to_json_text(what));
}

task<run_info> krane_api::start_run(std::string name, std::optional<std::string> tag,
                                    std::optional<std::uint64_t> if_release) {
  auto target = path_of({"deployments", name, "run"});
  add_query(target, "tag", tag);
  add_query(target, "if_release", number_text(if_release));
  co_return co_await parts_->ask_for_run(std::move(target));
}

task<run_info> krane_api::act_on_serving(std::string name, std::string what) {
  co_return co_await parts_->ask_for_run(path_of({"deployments", name, what}));
}

task<run_info> krane_api::scale(std::string name, std::uint32_t replicas) {
  co_return co_await parts_->ask_for_run(path_of({"deployments", name, "scale"}), to_json_text(scale_wanted{replicas}));
}

task<run_info> krane_api::roll_back(std::string name, std::optional<std::uint64_t> release) {
  co_return co_await parts_->ask_for_run(path_of({"deployments", name, "rollback"}),
                                         to_json_text(rollback_wanted{release}));
}

task<std::vector<release_info>> krane_api::list_releases(std::string name, std::size_t limit) {
  auto target = path_of({"deployments", name, "releases"});
  add_query(target, "limit", std::to_string(limit));
  co_return co_await parts_->ask_for<std::vector<release_info>>("GET", std::move(target));
}

task<release_info> krane_api::get_release(std::string name, std::uint64_t number) {
  co_return co_await parts_->ask_for<release_info>("GET",
                                                   path_of({"deployments", name, "releases", std::to_string(number)}));
}

task<std::vector<run_info>> krane_api::list_runs(std::string name, std::size_t limit) {
  auto target = path_of({"deployments", name, "runs"});
  add_query(target, "limit", std::to_string(limit));
  co_return co_await parts_->ask_for<std::vector<run_info>>("GET", std::move(target));
}

task<run_info> krane_api::get_run(std::string name, std::string id) {
  co_return co_await parts_->ask_for<run_info>("GET", path_of({"deployments", name, "runs", id}));
}

task<run_info> krane_api::cancel_run(std::string name, std::string id) {
  co_return co_await parts_->ask_for_run(path_of({"deployments", name, "runs", id, "cancel"}));
}

task<std::vector<run_info>> krane_api::cancel_runs(std::string name) {
  auto const data = co_await parts_->ask_once(parts_->once(path_of({"deployments", name, "cancel"})));
  auto answer = parts_->understand<runs_answer>(data);
  if (!answer) co_return answer.error();
  co_return std::move(answer->runs);
}

task<std::vector<event_info>> krane_api::list_events(std::string name, std::optional<std::string> since,
                                                     std::size_t limit) {
  auto target = path_of_events(name);
  add_query(target, "since", since);
  add_query(target, "limit", std::to_string(limit));
  co_return co_await parts_->ask_for<std::vector<event_info>>("GET", std::move(target));
}

task<std::unique_ptr<sse_stream>> krane_api::open_events(std::string name, std::optional<std::uint64_t> since) {
  auto request = parts_->request("GET", path_of_events(name));
  if (since) add_query(request.target, "since", std::to_string(*since));
  co_return co_await parts_->open(std::move(request));
}

task<std::unique_ptr<sse_stream>> krane_api::open_output(std::string container, output_from from,
                                                         std::optional<std::string> last_place) {
  auto request = parts_->request("GET", path_of({"containers", container, "events"}));
  add_query(request.target, "tail", from.tail);
  add_query(request.target, "since", from.since);
  if (!from.follow) add_query(request.target, "follow", "false");
  if (last_place) request.headers.emplace_back("Last-Event-ID", *last_place);
  co_return co_await parts_->open(std::move(request));
}

task<readiness> krane_api::get_readiness() {
  co_return co_await parts_->ask_for<readiness>("GET", "/readyz");
}

task<version_info> krane_api::get_version() {
  co_return co_await parts_->ask_for<version_info>("GET", "/version");
}

task<system_info> krane_api::get_system() {
  co_return co_await parts_->ask_for<system_info>("GET", "/system");
}

task<time_point> krane_api::get_time() {
  auto const answer = co_await parts_->http.call(parts_->request("GET", "/version"));
  if (!answer) co_return answer.error();
  auto const date = parse_http_date(answer->head.headers.find("Date").value_or(""));
  if (!date) co_return make_error(errc::internal, "unknown_answer", "the server's answer carries no date");
  co_return *date;
}

}  // namespace krane::client
