#include "api/registries.hpp"

#include <boost/json/object.hpp>

#include "api/envelope.hpp"
#include "api/request_reader.hpp"
#include "api/types.hpp"
#include "secrets/registry_logins.hpp"

namespace krane::endpoints {
namespace {

boost::json::value login_schema() {
  auto schema = schema_of<wire::registry_request>();
  schema.at("properties").as_object()["password"] = {{"type", "string"}, {"minLength", 1}, {"writeOnly", true}};
  return schema;
}

task<http::reply> put_registry(vault& in, call& from) {
  auto const body = read_body(from.request);
  if (!body) co_return body.error();
  auto fields = decode<wire::registry_request>(*body, unknown_keys::refuse);
  if (!fields) co_return fields.error();
  std::string const registry = from.request.param("registry");
  std::string const username = fields->username;
  auto const created =
      co_await put_registry_login(in, registry, {std::move(fields->username), std::move(fields->password)});
  if (!created) co_return created.error();
  co_return envelope::success_of(*created ? 201 : 200,
                                 wire::stored_registry{.registry = registry, .username = username});
}

task<http::reply> list_registries(vault& in) {
  auto const found = co_await list_registry_logins(in);
  if (!found) co_return found.error();
  std::vector<wire::registry_answer> all;
  for (registry_info const& one : *found)
    all.push_back({.registry = one.registry, .username = one.username, .updated_at = to_rfc3339(one.updated_at)});
  co_return envelope::success_of(200, all);
}

task<http::reply> delete_registry(vault& in, call& from) {
  std::string const registry = from.request.param("registry");
  if (auto const gone = co_await remove_registry_login(in, registry); !gone) co_return gone.error();
  co_return envelope::success_of(200, wire::removed_registry{registry});
}

}  // namespace

std::vector<endpoint> registries(vault& in) {
  return {
      {.method = "GET",
       .pattern = "/registries",
       .summary = "The registries that krane has credentials for; never the passwords",
       .answers = {{200, "the registries", schema_of<std::vector<wire::registry_answer>>()},
                   fails(401, "no good token")},
       .handle = [&in](call&) { return list_registries(in); }},
      {.method = "PUT",
       .pattern = "/registries/:registry",
       .summary = "Set the credentials for pulls from a registry, host[:port]; they are sent to no other",
       .body = login_schema(),
       .answers = {{200, "they are other ones now, or were these already", schema_of<wire::stored_registry>()},
                   {201, "they are new", schema_of<wire::stored_registry>()},
                   fails(400, "the body is not JSON"),
                   fails(401, "no good token"),
                   fails(415, "the body is not application/json"),
                   fails(422, "the registry, the name or the password cannot be one; each is named in details")},
       .handle = [&in](call& from) { return put_registry(in, from); }},
      {.method = "DELETE",
       .pattern = "/registries/:registry",
       .summary = "Forget the credentials for a registry",
       .answers = {{200, "they are forgotten", schema_of<wire::removed_registry>()},
                   fails(401, "no good token"),
                   fails(404, "there are none for that registry")},
       .handle = [&in](call& from) { return delete_registry(in, from); }},
  };
}

}  // namespace krane::endpoints
