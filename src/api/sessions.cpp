#include "api/sessions.hpp"

#include "api/envelope.hpp"
#include "api/mapping.hpp"

namespace krane::endpoints {
namespace {

task<http::reply> get_sessions(authenticator& auth, call& from) {
  std::vector<wire::session_answer> all;
  for (session const& one : auth.list_sessions()) {
    // Whoever may list must not be able to act as another.
    bool const is_callers = one.id == from.who->id;
    all.push_back(wire::to_session(one, is_callers ? from.token : wire::redacted_token(one)));
  }
  co_return envelope::success_of(200, all);
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
