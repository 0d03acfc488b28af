// How a service is seen to be well, as it asks for it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "base/json.hpp"
#include "model/duration.hpp"
#include "model/service_readers.hpp"
#include "model/service_words.hpp"

namespace krane::service_readers {
namespace {

namespace json = boost::json;
using json_detail::member_path;
using kind = written_value::kind;
using std::chrono::milliseconds;

constexpr milliseconds longest_check = std::chrono::hours{1};

std::optional<milliseconds> read_time(written_value const& from, char const* key, std::string const& path,
                                      field_reader& with, milliseconds lowest) {
  auto const* found = from.find(key);
  if (found == nullptr || found->is == kind::nothing) return std::nullopt;
  return with.duration(*found, member_path(path, key), lowest, longest_check);
}

// Compose's: a text is for the shell; a list begins with CMD, CMD-SHELL or NONE.
void read_test(written_value const& from, std::string const& path, field_reader& with, health_check& into) {
  into.is = health_check::kind::command;
  if (from.has_text()) {
    into.command = {from.text};
    into.in_shell = true;
    return;
  }
  auto words = with.texts(from, path);
  if (words.empty()) return with.add(path, "is empty");
  std::string const first = words.front();
  if (first == "NONE") {
    into.is = health_check::kind::none;
    return;
  }
  if (first == "CMD" || first == "CMD-SHELL") words.erase(words.begin());
  into.in_shell = first == "CMD-SHELL";
  if (words.empty() || (into.in_shell && words.size() != 1))
    return with.add(path, "must be [\"CMD\", program, …] or [\"CMD-SHELL\", text]");
  into.command = std::move(words);
}

}  // namespace

void read_healthcheck(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (!with.fields(
          from, path,
          {"http", "tcp", "test", "command", "disable", "port", "interval", "timeout", "retries", "start_period"}))
    return;
  health_check out;
  int kinds = 0;
  if (auto const* http = from.find("http")) {
    ++kinds;
    out.is = health_check::kind::http;
    out.path = with.text(*http, member_path(path, "http"));
    bool const plain = std::ranges::all_of(out.path, [](char c) { return c > ' ' && c < 0x7f; });
    if (!out.path.starts_with('/') || !plain) with.add(member_path(path, "http"), "must be a path such as /healthz");
  }
  if (auto const* tcp = from.find("tcp"); tcp != nullptr && tcp->text != "false") {
    ++kinds;
    out.is = health_check::kind::tcp;
    if (tcp->text != "true") out.at = read_port(with.text(*tcp, path), member_path(path, "tcp"), with, "container's");
  }
  for (char const* key : {"test", "command"}) {
    auto const* test = from.find(key);
    if (test == nullptr) continue;
    ++kinds;
    read_test(*test, member_path(path, key), with, out);
  }
  if (auto const* off = from.find("disable"); off != nullptr && with.truth(*off, member_path(path, "disable"))) {
    ++kinds;
    out = {};
  }
  if (kinds != 1) with.add(path, "must have one of http, tcp, test and disable");
  if (auto const* at = from.find("port"); at != nullptr && at->is != kind::nothing)
    out.at = read_port(with.text(*at, path), member_path(path, "port"), with, "container's");
  // Nobody asks a port for such a check; and what is not kept could not be read back.
  if (out.is == health_check::kind::none || out.is == health_check::kind::command) out.at.reset();
  out.interval = read_time(from, "interval", path, with, milliseconds{100});
  out.timeout = read_time(from, "timeout", path, with, milliseconds{100});
  out.start_period = read_time(from, "start_period", path, with, milliseconds{0});
  if (auto const* retries = from.find("retries"); retries != nullptr && retries->is != kind::nothing)
    out.retries = with.number(*retries, member_path(path, "retries"), 1, 1000);
  into.healthcheck = std::move(out);
}

json::value write_healthcheck(service_config const& from) {
  if (!from.healthcheck) return nullptr;
  health_check const& check = *from.healthcheck;
  json::object out;
  switch (check.is) {
    case health_check::kind::none:
      out["disable"] = true;
      break;
    case health_check::kind::http:
      out["http"] = json_of(check.path);
      if (check.at) out["port"] = std::to_string(*check.at);
      break;
    case health_check::kind::tcp:
      out["tcp"] = check.at ? json::value(std::to_string(*check.at)) : json::value(true);
      break;
    case health_check::kind::command: {
      json::array test{check.in_shell ? "CMD-SHELL" : "CMD"};
      for (std::string const& word : check.command) test.emplace_back(word);
      out["test"] = std::move(test);
      break;
    }
  }
  if (check.interval) out["interval"] = duration_text(*check.interval);
  if (check.timeout) out["timeout"] = duration_text(*check.timeout);
  if (check.start_period) out["start_period"] = duration_text(*check.start_period);
  if (check.retries) out["retries"] = *check.retries;
  return out;
}

}  // namespace krane::service_readers
