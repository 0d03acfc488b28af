#include "api/secrets.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>

#include "api/envelope.hpp"
#include "api/request_reader.hpp"
#include "api/types.hpp"

namespace krane::endpoints {
namespace {

boost::json::value secret_request_schema() {
  auto schema = schema_of<wire::secret_request>();
  schema.at("properties").as_object()["value"] = {{"type", "string"},
                                                  {"minLength", 1},
                                                  {"description", "1 byte to 64 KiB of UTF-8, without NUL"},
                                                  {"writeOnly", true}};
  return schema;
}

// A deployment that need not be there yet.
result<deployment_name> read_name(http::request const& from) {
  auto name = parse_deployment_name(from.param("name"));
  if (!name) return make_error({{"name", name.error().message}});
  return name;
}

task<http::reply> put_secret(vault& of, call& from) {
  auto const name = read_name(from.request);
  if (!name) co_return name.error();
  auto const body = read_body(from.request);
  if (!body) co_return body.error();
  auto fields = decode<wire::secret_request>(*body, unknown_keys::refuse);
  if (!fields) co_return fields.error();
  std::string const key = from.request.param("key");
  auto const kept = co_await of.put(*name, key, std::move(fields->value));
  if (!kept) co_return kept.error();
  co_return envelope::success_of(
      kept->created ? 201 : 200,
      wire::stored_secret{.key = key, .version = kept->version, .updated_at = to_rfc3339(kept->updated_at)});
}

task<http::reply> list_secrets(vault& of, call& from) {
  auto const name = read_name(from.request);
  if (!name) co_return name.error();
  auto const found = co_await of.list(*name);
  if (!found) co_return found.error();
  std::vector<wire::secret_answer> all;
  for (secret_info const& one : *found)
    all.push_back({.key = one.key,
                   .version = one.version,
                   .created_at = to_rfc3339(one.created_at),
                   .updated_at = to_rfc3339(one.updated_at),
                   .used_by_serving = one.used_by_serving});
  co_return envelope::success_of(200, all);
}

task<http::reply> delete_secret(vault& of, call& from) {
  auto const name = read_name(from.request);
  if (!name) co_return name.error();
  std::string const key = from.request.param("key");
  if (auto const gone = co_await of.remove(*name, key); !gone) co_return gone.error();
  co_return envelope::success_of(200, wire::removed_secret{key});
}

}  // namespace

std::vector<endpoint> secrets(vault& of) {
  return {
      {.method = "GET",
       .pattern = "/deployments/:name/secrets",
       .summary = "The secrets of a deployment, in the order of their keys; never their values",
       .answers = {{200, "the secrets", schema_of<std::vector<wire::secret_answer>>()},
                   fails(401, "no good token"),
                   fails(422, "no deployment can have that name")},
       .handle = [&of](call& from) { return list_secrets(of, from); }},
      {.method = "PUT",
       .pattern = "/deployments/:name/secrets/:key",
       .summary = "Set a secret of a deployment, which need not be there yet; the next run uses it",
       .body = secret_request_schema(),
       .answers = {{200, "it has a new version, or had this value already", schema_of<wire::stored_secret>()},
                   {201, "it is new", schema_of<wire::stored_secret>()},
                   fails(400, "the body is not JSON"),
                   fails(401, "no good token"),
                   fails(409, "the deployment is being deleted"),
                   fails(415, "the body is not application/json"),
                   fails(422, "the name, the key or the value cannot be one; each is named in details")},
       .handle = [&of](call& from) { return put_secret(of, from); }},
      {.method = "DELETE",
       .pattern = "/deployments/:name/secrets/:key",
       .summary = "Take a secret away, all versions of it",
       .answers = {{200, "it is gone", schema_of<wire::removed_secret>()},
                   fails(401, "no good token"),
                   fails(404, "there is no such secret"),
                   fails(409, "the deployment, or the release that serves, uses it"),
                   fails(422, "no deployment can have that name")},
       .handle = [&of](call& from) { return delete_secret(of, from); }},
  };
}

}  // namespace krane::endpoints
