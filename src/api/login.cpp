#include "api/login.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/envelope.hpp"
#include "api/mapping.hpp"
#include "api/request_reader.hpp"

namespace krane::endpoints {
namespace {

// An error, with the seconds to wait where there were too many tries.
http::response refusal(authenticator const& auth, http::request const& from, error const& why) {
  auto answer = envelope::failure(why, from.id);
  if (why.code == errc::rate_limited) {
    auto const wait = std::max(auth.retry_after(from.remote_address), std::chrono::seconds{1});
    answer.headers.add("Retry-After", std::to_string(wait.count()));
  }
  return answer;
}

task<http::reply> get_login(authenticator& auth, call& from) {
  auto const given = auth.issue_challenge(from.request.remote_address, from.request.headers.find("Host").value_or(""));
  if (!given) co_return refusal(auth, from.request, given.error());
  // Twice: at the top as documented, and in "data" as released clients read it.
  std::string const fields = to_json_text(wire::login_answer{given->request_id, given->phrase});
  std::string_view const inner = std::string_view(fields).substr(1, fields.size() - 2);
  co_return http::response{
      .headers = {},
      .body = envelope::shared(fmt::format(R"({{"success":true,"code":200,{},"data":{}}})", inner, fields))};
}

task<http::reply> post_auth(authenticator& auth, call& from) {
  auto const body = read_body(from.request);
  if (!body) co_return body.error();
  auto fields = decode<wire::login_request>(*body, unknown_keys::refuse);
  if (!fields) co_return fields.error();
  auto const granted =
      co_await auth.log_in(from.request.remote_address, std::move(fields->request_id), std::move(fields->token));
  if (!granted) co_return refusal(auth, from.request, granted.error());
  co_return envelope::success_of(200, wire::auth_answer{wire::to_session(granted->what, granted->token)});
}

}  // namespace

std::vector<endpoint> login(authenticator& auth) {
  return {
      {.method = "GET",
       .pattern = "/login",
       .summary = "Ask for a phrase to sign with the key you log in with; it is good once, for 120 seconds",
       .who = access::open,
       .answers = {{200, "the phrase, and the id to give back with it", schema_of<wire::login_answer>()},
                   fails(429, "too many logins from this address; wait as Retry-After says")},
       .handle = [&auth](call& from) { return get_login(auth, from); }},
      {.method = "POST",
       .pattern = "/auth",
       .summary = "Give the phrase back as a JWT signed with your key, and get a session",
       .who = access::open,
       .body = schema_of<wire::login_request>(),
       .answers = {{200, "the session; its token authenticates what follows", schema_of<wire::auth_answer>()},
                   fails(400, "the body is not JSON"),
                   fails(401, "the login failed"),
                   fails(415, "the body is not application/json"),
                   fails(422, "fields are missing, unknown or of the wrong type"),
                   fails(429, "too many logins from this address; wait as Retry-After says")},
       .takes_key = false,  // the answer holds a token
       .handle = [&auth](call& from) { return post_auth(auth, from); }},
  };
}

}  // namespace krane::endpoints
