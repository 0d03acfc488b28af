#pragma once
// What the parts of scripted_world have in common about JSON and refusals; not for others.
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>

#include "support/scripted_world.hpp"

namespace krane::test {

namespace json = boost::json;

inline scripted_answer refusal(unsigned status, std::string const& message) {
  return {.status = status, .body = json::serialize(json::object{{"message", message}})};
}

inline scripted_answer no_such_container(std::string const& name) {
  return refusal(404, "No such container: " + name);
}

inline json::object to_json(labels const& marks) {
  json::object out;
  for (auto const& [key, value] : marks) out[key] = value;
  return out;
}

inline json::value parsed(std::string const& body) {
  json::error_code ec;
  auto value = json::parse(body, ec);
  return ec ? json::value(nullptr) : value;
}

inline std::string text_member(json::object const& from, std::string_view key) {
  auto const* const found = from.if_contains(json::string_view(key.data(), key.size()));
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

inline json::object const* object_member(json::object const& from, std::string_view key) {
  auto const* const found = from.if_contains(json::string_view(key.data(), key.size()));
  return found != nullptr ? found->if_object() : nullptr;
}

}  // namespace krane::test
