#pragma once
// How values of the model become columns and come back.
#include <fmt/format.h>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "store/database.hpp"

namespace krane {

template <class E>
std::string_view to_word(E value) {
  return boost::describe::enum_to_string(value, "");
}

template <class E>
std::optional<E> find_word(std::string const& word) {
  E value{};
  if (!boost::describe::enum_from_string(word.c_str(), value)) return std::nullopt;
  return value;
}

template <class Id>
sql_value or_null(std::optional<Id> const& id) {
  if (!id) return nullptr;
  return std::string_view(id->str());
}

}  // namespace krane
