#include "http/message.hpp"

#include <algorithm>
#include <stdexcept>

#include "http/syntax.hpp"

namespace krane::http {

void header_list::set(std::string_view name, std::string value) {
  std::erase_if(entries_, [&](auto const& entry) { return equals_without_case(entry.first, name); });
  entries_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> header_list::find(std::string_view name) const {
  for (auto const& [known, value] : entries_)
    if (equals_without_case(known, name)) return value;
  return std::nullopt;
}

std::size_t header_list::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [&](auto const& entry) { return equals_without_case(entry.first, name); }));
}

std::optional<std::string_view> request::find_query(std::string_view name) const {
  for (auto const& [known, value] : query)
    if (known == name) return value;
  return std::nullopt;
}

std::string const& request::param(std::string_view name) const {
  for (auto const& [known, value] : params)
    if (known == name) return value;
  throw std::logic_error("the route has no parameter " + std::string(name));
}

}  // namespace krane::http
