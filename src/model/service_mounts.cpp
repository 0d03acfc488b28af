// Volumes and folders in memory, as a service asks for them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "model/service_readers.hpp"
#include "model/service_words.hpp"

namespace krane::service_readers {
namespace {

namespace json = boost::json;
using json_detail::element_path;
using json_detail::member_path;
using kind = written_value::kind;

void check_target(std::string const& target, std::string const& path, field_reader& with) {
  if (!is_path(target) || target == "/")
    with.add(path, fmt::format("\"{}\" is no place in the container: it must be an absolute path, and not /", target));
}

// One place of the container is given once.
void check_once(service_config const& config, std::string const& path, field_reader& with) {
  std::set<std::string_view> seen;
  auto const see = [&](std::string_view target) {
    if (!seen.insert(target).second) with.add(path, fmt::format("mounts something at {} twice", target));
  };
  for (mount const& one : config.volumes) see(one.target);
  for (tmpfs_mount const& one : config.tmpfs) see(one.target);
}

mount read_volume_text(std::string const& text, std::string const& path, field_reader& with) {
  auto const parts = split(text, ':');
  mount out;
  if (parts.size() < 2 || parts.size() > 3) {
    with.add(path, "must be NAME:/path/in/container or /path/on/host:/path/in/container, with :ro for read only");
    return out;
  }
  out.source = parts[0];
  out.target = parts[1];
  out.is = out.source.contains('/') || out.source.starts_with('.') || out.source.starts_with('~') ? mount::kind::bind
                                                                                                  : mount::kind::volume;
  if (parts.size() == 3) {
    out.read_only = parts[2] == "ro";
    if (parts[2] != "ro" && parts[2] != "rw") with.add(path, fmt::format("ends with \"{}\", not ro or rw", parts[2]));
  }
  return out;
}

mount read_volume_fields(written_value const& from, std::string const& path, field_reader& with) {
  mount out;
  with.fields(from, path, {"type", "source", "target", "read_only"});
  if (auto const* type = from.find("type")) {
    std::string const name = with.text(*type, member_path(path, "type"));
    out.is = name == "bind" ? mount::kind::bind : mount::kind::volume;
    if (name != "bind" && name != "volume")
      with.add(member_path(path, "type"), "must be volume or bind; for tmpfs there is a field of its own");
  }
  if (auto const* source = from.find("source")) out.source = with.text(*source, member_path(path, "source"));
  if (auto const* target = from.find("target")) out.target = with.text(*target, member_path(path, "target"));
  if (auto const* ro = from.find("read_only")) out.read_only = with.truth(*ro, member_path(path, "read_only"));
  return out;
}

}  // namespace

void read_volumes(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (from.is != kind::list) return with.wanted(path, "a list such as [\"data:/var/lib/app\"]", from);
  for (written_value const& item : from.items) {
    std::string const at = element_path(path, into.volumes.size());
    std::size_t const faults_before = with.count();
    mount one =
        item.is == kind::map ? read_volume_fields(item, at, with) : read_volume_text(with.text(item, at), at, with);
    if (with.count() == faults_before) {
      check_target(one.target, at, with);
      if (one.is == mount::kind::bind && !is_path(one.source))
        with.add(at, fmt::format("\"{}\" must be an absolute path of the server's machine", one.source));
      if (one.is == mount::kind::volume && !is_plain_name(one.source))
        with.add(at, fmt::format("\"{}\" is no name of a volume: letters, digits, _, . and -", one.source));
    }
    into.volumes.push_back(std::move(one));
  }
  check_once(into, path, with);
}

json::value write_volumes(service_config const& from) {
  json::array out;
  for (mount const& one : from.volumes)
    out.push_back(json_of(fmt::format("{}:{}{}", one.source, one.target, one.read_only ? ":ro" : "")));
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

void read_tmpfs(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  std::vector<std::string> const lines = from.has_text() ? std::vector{with.text(from, path)} : with.texts(from, path);
  for (std::string const& line : lines) {
    auto const colon = line.find(':');
    tmpfs_mount one{.target = line.substr(0, colon)};
    if (colon != std::string::npos) one.options = line.substr(colon + 1);
    check_target(one.target, path, with);
    if (!all_of(one.options, ",=_%-")) with.add(path, "has options other than such as size=64M,mode=1777");
    into.tmpfs.push_back(std::move(one));
  }
  check_once(into, path, with);
}

json::value write_tmpfs(service_config const& from) {
  json::array out;
  for (tmpfs_mount const& one : from.tmpfs)
    out.push_back(json_of(one.options.empty() ? one.target : one.target + ":" + one.options));
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

void read_volatile(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  std::vector<std::string> const places = from.has_text() ? std::vector{with.text(from, path)} : with.texts(from, path);
  for (std::string const& one : places) {
    check_target(one, path, with);
    into.volatile_places.push_back(one);
  }
}

json::value write_volatile(service_config const& from) {
  return json_of(from.volatile_places);
}

}  // namespace krane::service_readers
