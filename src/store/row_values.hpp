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

// storage_failure, damaged, for a word that is none of its own.
template <class E>
E from_word(std::string const& word) {
  E value{};
  if (!boost::describe::enum_from_string(word.c_str(), value))
    throw storage_failure(storage_fault::damaged, fmt::format("a column holds the unknown word \"{}\"", word));
  return value;
}

// For values that only damage keeps from being read.
template <class T>
T whole(result<T> read) {
  if (!read) throw storage_failure(storage_fault::damaged, read.error().message);
  return std::move(*read);
}

template <class Id>
sql_value or_null(std::optional<Id> const& id) {
  if (!id) return nullptr;
  return std::string_view(id->str());
}

}  // namespace krane
