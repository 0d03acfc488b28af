#include "api/request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>

#include "api/header_values.hpp"
#include "api/types.hpp"

namespace krane {
namespace {

result<void> check_content_type(http::request const& from, std::string_view wanted) {
  auto const given = from.headers.find("Content-Type");
  if (!given) return {};
  std::string const type = to_lower(trim(given->substr(0, given->find(';'))));
  if (type == json_type || type == wanted) return {};
  return make_error(errc::unsupported_media,
                    fmt::format("the body must be {0}, not {1}; send the header Content-Type: {0}", wanted,
                                type.empty() ? "nothing" : type));
}

result<boost::json::value> read_body_of(http::request const& from, std::string_view wanted_type) {
  if (auto fit = check_content_type(from, wanted_type); !fit) return fit.error();
  auto document = parse_json(from.body);
  if (!document || !document->is_object()) return document;
  auto& object = document->get_object();
  auto const wrapped = object.find("data");
  if (wrapped == object.end()) return document;
  std::vector<fault> faults;
  for (auto const& entry : object)
    if (entry.key() != "data") faults.push_back({std::string(entry.key()), "does not belong beside \"data\""});
  if (!faults.empty()) return make_error(std::move(faults));
  return boost::json::value(std::move(wrapped->value()));
}

}  // namespace

result<boost::json::value> read_body(http::request const& from) {
  return read_body_of(from, json_type);
}

result<boost::json::value> read_patch_body(http::request const& from) {
  return read_body_of(from, merge_patch_type);
}

void add_faults(std::vector<fault>& faults, std::vector<fault> more) {
  auto const covered = [&](std::string const& path) {
    return std::ranges::any_of(faults, [&](fault const& known) {
      return known.path.empty() || path == known.path || path.starts_with(known.path + ".");
    });
  };
  for (fault& one : more)
    if (!covered(one.path)) faults.push_back(std::move(one));
}

result<void> expect_no_fields(http::request const& from) {
  if (from.body.empty()) return {};
  auto body = read_body(from);
  if (!body) return body.error();
  auto const fields = decode<wire::nothing>(*body, unknown_keys::refuse);
  if (!fields) return fields.error();
  return {};
}

std::optional<std::string> query_reader::text(std::string_view name) {
  auto const found = from_.find_query(name);
  return found ? std::optional<std::string>(*found) : std::nullopt;
}

std::optional<std::uint64_t> query_reader::number(std::string_view name, std::uint64_t lowest, std::uint64_t highest) {
  auto const found = from_.find_query(name);
  if (!found) return std::nullopt;
  auto const value = parse_number(*found);
  if (value && *value >= lowest && *value <= highest) return value;
  refuse(name, fmt::format("must be a whole number from {} to {}", lowest, highest));
  return std::nullopt;
}

bool query_reader::flag(std::string_view name, bool otherwise) {
  auto const found = from_.find_query(name);
  if (!found) return otherwise;
  if (*found == "true" || *found == "1" || found->empty()) return true;
  if (*found == "false" || *found == "0") return false;
  refuse(name, "must be true or false");
  return otherwise;
}

void query_reader::refuse(std::string_view name, std::string why) {
  faults_.push_back({std::string(name), std::move(why)});
}

result<void> query_reader::outcome() const {
  if (faults_.empty()) return {};
  return make_error(faults_);
}

result<void> check_query_names(http::request const& from, std::vector<std::string_view> const& known) {
  std::vector<fault> faults;
  for (auto at = from.query.begin(); at != from.query.end(); ++at) {
    auto const& name = at->first;
    if (std::ranges::find(known, name) == known.end()) {
      auto const meant = nearest(name, known);
      faults.push_back({name, meant.empty() ? "is not a known query parameter"
                                            : fmt::format("is not a known query parameter; was \"{}\" meant?", meant)});
    } else if (std::any_of(from.query.begin(), at, [&](auto const& before) { return before.first == name; })) {
      faults.push_back({name, "is given twice"});
    }
  }
  if (faults.empty()) return {};
  return make_error(std::move(faults));
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace krane
