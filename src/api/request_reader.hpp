#pragma once
// Takes a request's body and query apart. Every fault is kept, so that one answer names them all.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "http/message.hpp"

namespace krane {

// The JSON of the body, out of its {"data": …} if it has one. errc::unsupported_media, errc::malformed, errc::invalid
// for a wrapper that holds more than "data".
result<boost::json::value> read_body(http::request const& from);

inline constexpr char json_type[] = "application/json";
inline constexpr char merge_patch_type[] = "application/merge-patch+json";
// The same of a PATCH, whose Content-Type may be either.
result<boost::json::value> read_patch_body(http::request const& from);

// As decode(), but with whatever could be read, so that its own rules can be checked as well.
template <class T>
struct read_fields {
  T value{};
  std::vector<fault> faults;
};
template <class T>
read_fields<T> read_fields_of(boost::json::value const& from) {
  json_detail::decoder reader(unknown_keys::refuse);
  read_fields<T> out;
  reader.read(from, "", out.value);
  out.faults = std::move(reader.faults);
  return out;
}

// Adds what `more` says of paths that are not in `faults` yet, nor below one that is.
void add_faults(std::vector<fault>& faults, std::vector<fault> more);

// No body, {} or {"data": {}}; everything else names what is not known.
result<void> expect_no_fields(http::request const& from);

// Reads query parameters; what is wrong is kept for outcome().
class query_reader {
public:
  explicit query_reader(http::request const& from) : from_(from) {}

  std::optional<std::string> text(std::string_view name);
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t lowest, std::uint64_t highest);
  bool flag(std::string_view name, bool otherwise);
  void refuse(std::string_view name, std::string why);
  result<void> outcome() const;

private:
  http::request const& from_;
  std::vector<fault> faults_;
};

// Parameters that the route does not know, or that came twice. errc::invalid.
result<void> check_query_names(http::request const& from, std::vector<std::string_view> const& known);

// Only "0".."18446744073709551615", nothing around it.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace krane
