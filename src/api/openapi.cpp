#include "api/openapi.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/request_reader.hpp"
#include "api/types.hpp"

namespace krane {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// "/deployments/:name" → "/deployments/{name}"
std::string template_of(std::string const& pattern) {
  std::string out;
  bool in_param = false;
  for (char c : pattern) {
    if (c == '/' && in_param) {
      out += '}';
      in_param = false;
    }
    if (c == ':') {
      out += '{';
      in_param = true;
    } else {
      out += c;
    }
  }
  return in_param ? out + "}" : out;
}

// What changes a thing and answers the ETag of it.
bool takes_if_match(endpoints::endpoint const& from) {
  return from.method != "GET" && std::ranges::any_of(from.answers, [](endpoints::answer const& one) {
           return std::ranges::find(one.headers, "ETag") != one.headers.end();
         });
}

array params_of(endpoints::endpoint const& from) {
  array out;
  for (std::size_t at = from.pattern.find(':'); at != std::string::npos; at = from.pattern.find(':', at + 1)) {
    auto const end = from.pattern.find('/', at);
    out.push_back(object{{"name", from.pattern.substr(at + 1, end == std::string::npos ? end : end - at - 1)},
                         {"in", "path"},
                         {"required", true},
                         {"schema", {{"type", "string"}}}});
  }
  for (auto const& field : from.query)
    out.push_back(
        object{{"name", field.name}, {"in", "query"}, {"description", field.meaning}, {"schema", field.schema}});
  if (from.method == "POST" && from.takes_key) out.push_back(object{{"$ref", "#/components/parameters/key"}});
  if (takes_if_match(from)) out.push_back(object{{"$ref", "#/components/parameters/if_match"}});
  return out;
}

object envelope_of(bool success, value data) {
  return {
      {"type", "object"},
      {"properties", {{"success", {{"const", success}}}, {"code", {{"type", "integer"}}}, {"data", std::move(data)}}},
      {"required", {"success", "code", "data"}}};
}

value body_of(endpoints::endpoint const& from, endpoints::answer const& one) {
  if (one.data.is_null()) return {{"$ref", "#/components/schemas/error"}};
  if (one.bare || one.content_type != "application/json") return one.data;
  object whole = envelope_of(true, one.data);
  // The source has these two at the top as well.
  if (from.pattern == "/login") {
    for (auto const& member : one.data.at("properties").as_object()) {
      whole["properties"].as_object()[member.key()] = member.value();
      whole["required"].as_array().push_back(value(member.key()));
    }
  }
  whole["additionalProperties"] = false;
  return whole;
}

object answers_of(endpoints::endpoint const& from) {
  object out;
  for (auto const& one : from.answers) {
    object described{{"description", one.meaning}};
    if (!one.content_type.empty()) described["content"] = object{{one.content_type, {{"schema", body_of(from, one)}}}};
    object headers;
    for (auto const& name : one.headers) headers[name] = {{"schema", {{"type", "string"}}}};
    if (one.status == 401) headers["WWW-Authenticate"] = {{"schema", {{"type", "string"}}}};
    if (one.status == 429) headers["Retry-After"] = {{"schema", {{"type", "integer"}}}};
    if (!headers.empty()) described["headers"] = std::move(headers);
    out[std::to_string(one.status)] = std::move(described);
  }
  // Bad requests, limits, a stop under way, a broken disk: they can meet every route.
  char const* const others = changes_deployments(from)
                                 ? "any other failure; 503 recovering: the server has just started and takes no "
                                   "changes yet, try again after Retry-After seconds"
                                 : "any other failure";
  out["default"] = object{{"description", others},
                          {"content", {{"application/json", {{"schema", {{"$ref", "#/components/schemas/error"}}}}}}}};
  return out;
}

array security_of(endpoints::access who) {
  object const token{{"token", array{}}};
  switch (who) {
    case endpoints::access::open:
      return {};
    case endpoints::access::session:
      return {token};
    case endpoints::access::stream:
      return {object{}, token};
  }
  std::unreachable();
}

object operation_of(endpoints::endpoint const& from) {
  object out{{"summary", from.summary}};
  if (auto params = params_of(from); !params.empty()) out["parameters"] = std::move(params);
  if (from.body) {
    bool const may_be_empty = from.body->as_object().at("properties").as_object().empty();
    object const wrapped{{"type", "object"},
                         {"properties", {{"data", *from.body}}},
                         {"required", {"data"}},
                         {"additionalProperties", false}};
    object content;
    content[json_type] = {{"schema", {{"anyOf", {wrapped, *from.body}}}}};
    if (from.method == "PATCH") content[merge_patch_type] = content.at(json_type);
    out["requestBody"] = object{{"required", !may_be_empty}, {"content", std::move(content)}};
  }
  out["responses"] = answers_of(from);
  out["security"] = security_of(from.who);
  return out;
}

}  // namespace

std::string make_openapi(std::vector<endpoints::endpoint> const& all, std::string const& version) {
  object paths;
  for (auto const& one : all) {
    std::string method = one.method;
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    auto& path = paths[template_of(one.pattern)];
    if (!path.is_object()) path.emplace_object();
    path.as_object()[method] = operation_of(one);
  }
  object const document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "krane"},
        {"version", version},
        {"description",
         "Deploys containers on this machine. Every answer is {success, code, data}; every request body "
         "may stand bare or in {\"data\": …}."}}},
      {"paths", std::move(paths)},
      {"components",
       {{"parameters",
         {{"key",
           {{"name", "Idempotency-Key"},
            {"in", "header"},
            {"description",
             "of the sender's own, such as a random UUID: the same request with it once more within 24 hours is not "
             "carried out again, and answered as the first one was, with Idempotent-Replayed: true. 422 "
             "idempotency_key_reused: it came with another request; 409 idempotency_key_in_use: its request is being "
             "carried out. Answers of 401, 429 and 5xx are not kept"},
            {"schema", {{"type", "string"}, {"pattern", "^[!-~]{1,255}$"}}}}},
          {"if_match",
           {{"name", "If-Match"},
            {"in", "header"},
            {"description",
             "an ETag that was answered before: the config is changed only if it is still that one, else 412 "
             "config_moved"},
            {"schema", {{"type", "string"}}}}}}},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
        {"schemas", {{"error", envelope_of(false, schema_of<wire::error_answer>())}}}}}};
  return boost::json::serialize(document);
}

}  // namespace krane
