#pragma once
// JSON Schema of a described struct, so that the API's document is made from the types that it is answered with.
#include <boost/describe.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11/algorithm.hpp>
#include <string>
#include <type_traits>

#include "base/json.hpp"

namespace krane {

template <class T>
concept custom_schema = requires {
  { json_schema(std::type_identity<T>{}) } -> std::same_as<boost::json::value>;
};

template <class T>
boost::json::value schema_of() {
  namespace detail = json_detail;
  if constexpr (custom_schema<T>) {
    return json_schema(std::type_identity<T>{});
  } else if constexpr (std::same_as<T, boost::json::value>) {
    return boost::json::object{};
  } else if constexpr (detail::is_optional<T>) {
    return schema_of<typename T::value_type>();
  } else if constexpr (std::same_as<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::integral<T>) {
    return {{"type", "integer"}};
  } else if constexpr (std::same_as<T, std::string>) {
    return {{"type", "string"}};
  } else if constexpr (detail::described_enum<T>) {
    boost::json::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto one) { names.push_back(one.name); });
    return boost::json::object{{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (detail::is_vector<T>) {
    return boost::json::object{{"type", "array"}, {"items", schema_of<typename T::value_type>()}};
  } else if constexpr (detail::is_map<T>) {
    return boost::json::object{{"type", "object"}, {"additionalProperties", schema_of<typename T::mapped_type>()}};
  } else {
    static_assert(detail::described_struct<T>, "describe this type, or give it json_schema");
    boost::json::object properties;
    boost::json::array required;
    boost::mp11::mp_for_each<detail::members_of<T>>([&](auto member) {
      using slot = std::remove_cvref_t<decltype(std::declval<T&>().*member.pointer)>;
      properties[member.name] = schema_of<slot>();
      if constexpr (!detail::is_optional<slot>) required.push_back(member.name);
    });
    boost::json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
    return schema;
  }
}

}  // namespace krane
