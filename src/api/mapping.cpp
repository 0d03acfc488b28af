#include "api/mapping.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <span>

#include "api/schema.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "model/duration.hpp"
#include "model/service_fields.hpp"

namespace krane::wire {
namespace {

std::optional<std::string> text_of(std::optional<port_text> const& p) {
  return p ? std::optional(p->text) : std::nullopt;
}

std::string text_of(std::optional<port> const& p) {
  return p ? std::to_string(*p) : std::string();
}

failure_answer to_failure(failure const& from) {
  return {from.reason, from.message, from.exit_code, from.oom_killed, from.output};
}

}  // namespace

result<port_text> json_decode(std::type_identity<port_text>, boost::json::value const& from) {
  if (from.is_string()) return port_text{std::string(from.get_string())};
  if (from.is_int64()) return port_text{std::to_string(from.get_int64())};
  if (from.is_uint64()) return port_text{std::to_string(from.get_uint64())};
  return make_error(errc::invalid,
                    std::string("wants a port as a string or a whole number, got ") + json_detail::kind_name(from));
}

boost::json::value json_schema(std::type_identity<port_text>) {
  return {{"oneOf",
           {{{"type", "string"}, {"pattern", "^([1-9][0-9]{0,4})?$"}},
            {{"type", "integer"}, {"minimum", 1}, {"maximum", 65535}}}}};
}

boost::json::value json_encode(deployment_detail const& from) {
  boost::json::object out;
  out["template"] = encode(from.template_);
  out["containers"] = encode(from.containers);
  out["status"] = encode(from.status);
  if (from.error) out["error"] = *from.error;
  out["created_at"] = from.created_at;
  out["updated_at"] = from.updated_at;
  out["restarts"] = from.restarts;
  if (from.last_run) out["last_run"] = encode(*from.last_run);
  if (from.run) out["run"] = encode(*from.run);
  if (from.serving) out["serving"] = encode(*from.serving);
  return out;
}

boost::json::value json_schema(std::type_identity<deployment_detail>) {
  boost::json::object container{
      {"type", "object"},
      {"description",
       "the engine's own container object, untouched but for Ports, which shows what the front holds too"}};
  boost::json::object properties;
  properties["template"] = schema_of<template_answer>();
  properties["containers"] = {{"type", "array"}, {"items", std::move(container)}};
  properties["status"] = schema_of<deployment_status>();
  properties["error"] = schema_of<std::string>();
  properties["created_at"] = schema_of<std::string>();
  properties["updated_at"] = schema_of<std::string>();
  properties["restarts"] = schema_of<std::uint64_t>();
  properties["last_run"] = schema_of<run_note>();
  properties["run"] = schema_of<run_answer>();
  properties["serving"] = schema_of<run_answer>();
  return boost::json::object{{"type", "object"},
                             {"properties", std::move(properties)},
                             {"required", {"template", "containers", "status", "created_at", "updated_at"}},
                             {"additionalProperties", false}};
}

namespace {

// The schema of the fields that are read one by one, with the others beside them.
boost::json::value with_service_fields(boost::json::value schema) {
  auto& properties = schema.as_object()["properties"].as_object();
  for (service_field const& field : service_fields()) {
    auto one = boost::json::parse(boost::json::string_view(field.schema.data(), field.schema.size()));
    one.as_object()["description"] = boost::json::string_view(field.meaning.data(), field.meaning.size());
    properties[boost::json::string_view(field.key.data(), field.key.size())] = std::move(one);
  }
  return schema;
}

}  // namespace

boost::json::value json_schema(std::type_identity<config_request>) {
  return with_service_fields(schema_of<config_request_fields>());
}

boost::json::value config_patch_schema() {
  auto schema = schema_of<config_request>();
  schema.as_object().erase("required");
  for (auto& field : schema.as_object()["properties"].as_object()) {
    auto const* const meaning = field.value().as_object().if_contains("description");
    boost::json::object one{
        {"description", meaning == nullptr ? boost::json::value("as in POST /deployments, or null") : *meaning}};
    field.value() = std::move(one);
  }
  return schema;
}

boost::json::value json_encode(config_answer const& from) {
  auto out = encode<config_answer_fields>(from);
  if (from.service.is_object())
    for (auto const& [key, value] : from.service.get_object()) out.as_object()[key] = value;
  return out;
}

boost::json::value json_schema(std::type_identity<config_answer>) {
  return with_service_fields(schema_of<config_answer_fields>());
}

spec_input to_spec_input(deployment_request const& from) {
  spec_input out;
  out.name = from.name;
  if (!from.config) return out;
  out.registry = from.config->registry;
  out.image = from.config->image;
  out.tag = from.config->tag;
  out.container_port = text_of(from.config->container_port);
  out.host_port = text_of(from.config->host_port);
  out.publish = from.config->publish;
  out.rollout = from.config->rollout;
  out.hold = from.config->hold;
  return out;
}

template_answer to_template(spec const& from) {
  return {from.name.str(),
          {{.registry = from.registry,
            // As it was given: what is read here can be posted again.
            .image = from.digest ? from.image + "@" + *from.digest : from.image,
            .tag = from.tag.value_or(""),
            .container_port = text_of(from.container_port),
            .host_port = text_of(from.host_port),
            .publish = from.publish,
            .rollout = from.replace,
            .hold = from.hold ? std::optional(duration_text(*from.hold)) : std::nullopt},
           service_json(from.service)}};
}

deployment_item to_item(deployment const& from) {
  auto [name, config] = to_template(from.config);
  return {.name = std::move(name),
          .config = std::move(config),
          .status = from.status,
          .error = from.trouble.empty() ? std::nullopt : std::optional(from.trouble),
          .restarts = from.restarts,
          .active = from.active ? std::optional(release_note{from.active->number, from.active->image}) : std::nullopt,
          .last_run = from.last_run ? std::optional(to_note(*from.last_run)) : std::nullopt};
}

run_note to_note(krane::run_note const& from) {
  return {.number = from.number,
          .kind = from.kind,
          .state = from.step,
          .reason = from.reason,
          .message = from.message,
          .finished_at = from.finished_at ? std::optional(to_rfc3339(*from.finished_at)) : std::nullopt};
}

run_answer to_run(run const& from) {
  run_answer out{.id = from.id.str(),
                 .number = from.number,
                 .deployment = from.what.name.str(),
                 .kind = from.kind,
                 .tag = from.tag,
                 .state = from.step,
                 .finished = is_end(from.step),
                 .waits_for = {},
                 .image = from.what.image.empty() ? std::string() : from.image_name().text(),
                 .image_id = {},
                 .digest = from.repo_digest,
                 .container = {},
                 .restores = from.restores,
                 .cancel_requested = from.cancel_requested,
                 .accepted_at = to_rfc3339(from.accepted_at),
                 .updated_at = to_rfc3339(from.updated_at),
                 .finished_at = {},
                 .traffic = {},
                 .volumes = {},
                 .failure = {}};
  if (from.image) out.image_id = from.image->str();
  if (auto const container = from.container()) out.container = container->str();
  if (from.finished_at) out.finished_at = to_rfc3339(*from.finished_at);
  if (from.traffic)
    out.traffic = traffic_answer{from.traffic->switched, from.traffic->held, from.traffic->longest_wait_ms,
                                 from.traffic->drained,  from.traffic->cut,  from.traffic->refused};
  if (from.volumes) {
    out.volumes.emplace();
    for (run_volume const& one : *from.volumes)
      if (one.mounted) out.volumes->push_back({one.name, one.target, one.replica, one.of_image});
  }
  if (from.why_failed) out.failure = to_failure(*from.why_failed);
  return out;
}

release_answer to_release(run const& from, std::optional<run_id> const& serving) {
  return {.number = from.number,
          .state = state_of_release(from, serving),
          .image = from.image_name().text(),
          .image_id = from.image ? std::optional(from.image->str()) : std::nullopt,
          .digest = from.repo_digest,
          .config = to_template(release_config(from)).config,
          .restores = from.restores,
          .secrets = from.secret_versions,
          .created_at = to_rfc3339(from.accepted_at),
          .run = to_run(from)};
}

std::string redacted_token(session const& of) {
  return "krs_redacted_" + to_hex(std::span(of.hash).first(4));
}

session_answer to_session(session const& from, std::string token) {
  return {.id = from.id.str(),
          .token = std::move(token),
          .expires_at = to_us_date(from.expires_at),
          .user = from.user,
          .key_fingerprint = from.key_fingerprint,
          .created_at = to_rfc3339(from.created_at),
          .expires_at_utc = to_rfc3339(from.expires_at),
          .name = from.name.empty() ? std::nullopt : std::optional(from.name)};
}

}  // namespace krane::wire
