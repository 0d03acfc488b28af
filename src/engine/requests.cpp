#include "engine/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <ctime>

#include "base/base64.hpp"
#include "base/clock.hpp"

namespace krane::docker {
namespace {

namespace json = boost::json;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}

// The engine takes "seconds.nanoseconds" and gives what is not older; one nanosecond more leaves out that line itself.
std::optional<std::string> just_after(std::string_view rfc3339) {
  auto const time = parse_rfc3339(rfc3339);
  if (!time) return std::nullopt;
  std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
  std::int64_t nanoseconds = 0;
  if (std::size_t const dot = rfc3339.find('.'); dot != std::string_view::npos) {
    std::int64_t unit = 100'000'000;
    for (std::size_t at = dot + 1; at < rfc3339.size() && rfc3339[at] >= '0' && rfc3339[at] <= '9'; ++at, unit /= 10)
      nanoseconds += (rfc3339[at] - '0') * unit;
  }
  if (++nanoseconds == 1'000'000'000) {
    ++seconds;
    nanoseconds = 0;
  }
  return fmt::format("{}.{:09}", seconds, nanoseconds);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

bool is_container_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && is_letter_or_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_image_name(std::string_view text) {
  return !text.empty() && text.size() <= 512 && is_letter_or_digit(text.front()) &&
         text.find("..") == std::string_view::npos && text.find("//") == std::string_view::npos &&
         text.find("/.") == std::string_view::npos && text.back() != '/' && std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-' || c == '/' || c == ':' || c == '@';
         });
}

std::string filters(labels const& having, std::string_view type) {
  json::object all;
  if (!type.empty()) all["type"] = json::array{json::value(view(type))};
  if (!having.empty()) {
    json::array wanted;
    for (auto const& [key, value] : having) wanted.emplace_back(value.empty() ? key : fmt::format("{}={}", key, value));
    all["label"] = std::move(wanted);
  }
  return percent_encoded(json::serialize(all));
}

std::string network_body(std::string_view name, labels const& marks) {
  json::object body{{"Name", view(name)}, {"Driver", "bridge"}, {"CheckDuplicate", true}};
  json::object own;
  for (auto const& [key, value] : marks) own[view(key)] = view(value);
  if (!own.empty()) body["Labels"] = std::move(own);
  return json::serialize(body);
}

std::string name_filter(std::string_view name) {
  return percent_encoded(json::serialize(json::object{{"name", json::array{json::value(view(name))}}}));
}

std::string connect_body(container_id const& id, std::vector<std::string> const& aliases) {
  json::array names;
  for (std::string const& one : aliases) names.emplace_back(view(one));
  json::object endpoint;
  if (!names.empty()) endpoint["Aliases"] = std::move(names);
  return json::serialize(json::object{{"Container", view(id.str())}, {"EndpointConfig", std::move(endpoint)}});
}

std::string disconnect_body(container_id const& id) {
  // Force: also where the network itself is gone.
  return json::serialize(json::object{{"Container", view(id.str())}, {"Force", true}});
}

std::string volume_body(std::string_view name, labels const& marks) {
  json::object own;
  for (auto const& [key, value] : marks) own[key] = value;
  return json::serialize(json::object{{"Name", view(name)}, {"Labels", std::move(own)}});
}

result<std::string> logs_query(log_options const& options) {
  std::string query = fmt::format("stdout=1&stderr=1&follow={}&timestamps={}&tail={}", options.follow ? 1 : 0,
                                  options.timestamps ? 1 : 0, options.tail ? std::to_string(*options.tail) : "all");
  if (options.since.empty()) return query;
  auto const since = just_after(options.since);
  if (!since) return make_error(errc::invalid, fmt::format("\"{}\" is no RFC 3339 time", options.since));
  return query + "&since=" + *since;
}

result<std::string> pull_query(image_ref const& what) {
  std::string const& version = what.digest ? *what.digest : what.tag;
  if (version.empty())
    return make_error(errc::invalid,
                      fmt::format("{}/{} has neither a tag nor a digest", what.registry, what.repository));
  return fmt::format("fromImage={}&tag={}", percent_encoded(fmt::format("{}/{}", what.registry, what.repository)),
                     percent_encoded(version));
}

std::string registry_auth(std::string_view registry, registry_login const& login) {
  // Docker Hub has kept the address of its first interface.
  std::string_view const address = registry == "docker.io" ? "https://index.docker.io/v1/" : registry;
  std::string const text = json::serialize(
      json::object{{"username", login.username}, {"password", login.password}, {"serveraddress", view(address)}});
  std::string encoded = encode_base64url(bytes_of(text));
  // The engine wants it padded.
  encoded.resize((encoded.size() + 3) / 4 * 4, '=');
  return encoded;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  std::tm broken_down{};
  std::string const terminated(text);
  char const* const end = ::strptime(terminated.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &broken_down);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&broken_down);
}

}  // namespace krane::docker
