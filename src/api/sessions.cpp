#include "api/sessions.hpp"

#include "api/envelope.hpp"
#include "api/mapping.hpp"
#include "api/request_reader.hpp"

namespace krane::endpoints {
namespace {

boost::json::value session_request_schema() {
  auto schema = schema_of<wire::session_request>();
  auto& properties = schema.at("properties").as_object();
  properties["name"] = {{"type", "string"}, {"pattern", "^[A-Za-z0-9._-]{1,64}$"}};
  properties["ttl_seconds"] = {{"type", "integer"},
                               {"minimum", min_named_lifetime.count()},
                               {"maximum", max_named_lifetime.count()},
                               {"description", "how long it is good; 30 days unless said otherwise"}};
  return schema;
}

task<http::reply> get_sessions(authenticator& auth, call& from) {
  std::vector<wire::session_answer> all;
  for (session const& one : auth.list_sessions()) {
    // Whoever may list must not be able to act as another.
    bool const is_callers = one.id == from.who->id;
    all.push_back(wire::to_session(one, is_callers ? from.token : wire::redacted_token(one)));
  }
  co_return envelope::success_of(200, all);
}

task<http::reply> post_session(authenticator& auth, call& from) {
  auto const body = read_body(from.request);
  if (!body) co_return body.error();
  auto fields = decode<wire::session_request>(*body, unknown_keys::refuse);
  if (!fields) co_return fields.error();
  std::optional<std::chrono::seconds> lifetime;
  if (fields->ttl_seconds) lifetime = std::chrono::seconds(*fields->ttl_seconds);
  auto const made = co_await auth.create_session(*from.who, std::move(fields->name), lifetime);
  if (!made) co_return made.error();
  auto answer = envelope::success_of(201, wire::auth_answer{wire::to_session(made->what, made->token)});
  answer.headers.add("Location", "/sessions/" + made->what.id.str());
  co_return answer;
}

task<http::reply> delete_session(authenticator& auth, call& from) {
  std::string const id = from.request.param("id");
  if (auto const ended = co_await auth.revoke(session_id{id}); !ended) co_return ended.error();
  co_return envelope::success_of(200, wire::revoked_session{id});
}

}  // namespace

std::vector<endpoint> sessions(authenticator& auth) {
  return {
      {.method = "GET",
       .pattern = "/sessions",
       .summary = "List the sessions; only your own token is shown",
       .answers = {{200, "every session that is good now", schema_of<std::vector<wire::session_answer>>()},
                   fails(401, "no good token")},
       .handle = [&auth](call& from) { return get_sessions(auth, from); }},
      {.method = "POST",
       .pattern = "/sessions",
       .summary = "Make a session for a program, of the same user and key as yours; its token is in this answer only",
       .body = session_request_schema(),
       .answers = {{.status = 201,
                    .meaning = "the session, with its token",
                    .data = schema_of<wire::auth_answer>(),
                    .headers = {"Location"}},
                   fails(400, "the body is not JSON"),
                   fails(401, "no good token"),
                   fails(403, "your own session was made for a program"),
                   fails(409, "there are too many"),
                   fails(415, "the body is not application/json"),
                   fails(422, "fields are missing, unknown or wrong; each is named in details")},
       .takes_key = false,  // the answer holds a token
       .handle = [&auth](call& from) { return post_session(auth, from); }},
      {.method = "DELETE",
       .pattern = "/sessions/:id",
       .summary = "End a session; what it follows is closed within a second",
       .answers = {{200, "it has ended", schema_of<wire::revoked_session>()},
                   fails(401, "no good token"),
                   fails(404, "there is no such session")},
       .handle = [&auth](call& from) { return delete_session(auth, from); }},
  };
}

}  // namespace krane::endpoints
