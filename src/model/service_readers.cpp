#include "model/service_readers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "model/byte_size.hpp"
#include "model/duration.hpp"
#include "model/secret_key.hpp"

namespace krane::service_readers {
namespace {

namespace json = boost::json;
using json_detail::element_path;
using json_detail::member_path;
using kind = written_value::kind;
using std::chrono::milliseconds;

constexpr std::size_t most_key = 128;
constexpr std::uint64_t least_memory = 6 * 1024 * 1024;  // the engine refuses less
constexpr milliseconds longest_check = std::chrono::hours{1};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool all_of(std::string_view text, std::string_view further) {
  return std::ranges::all_of(text, [&](char c) { return is_letter(c) || is_digit(c) || further.contains(c); });
}
// Of volumes and files: no part of a path.
bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= most_key && (is_letter(text.front()) || is_digit(text.front())) &&
         all_of(text, "_.-");
}

// An absolute path without ".." in it.
bool is_path(std::string_view text) {
  if (!text.starts_with('/') || text.contains('\0') || text.contains(':')) return false;
  return !(std::string(text) + "/").contains("/../");
}

bool is_address(std::string const& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    auto const end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

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

}  // namespace

json::value json_of(std::string_view text) {
  if (text.empty()) return nullptr;
  return json::string(text.data(), text.size());
}

json::value json_of(std::vector<std::string> const& texts) {
  if (texts.empty()) return nullptr;
  json::array out;
  for (std::string const& one : texts) out.emplace_back(json::string(one.data(), one.size()));
  return out;
}

void read_environment(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  for (auto& [name, value] : with.pairs(from, path)) {
    env_value one{.text = value};
    if (value.starts_with("@@")) {
      one.text = value.substr(1);
    } else if (value.starts_with('@')) {
      one = {.text = value.substr(1), .is_secret = true};
      if (!is_secret_key(one.text))
        with.add(member_path(path, name),
                 "begins with @, which names a secret, and a secret's key is letters, digits, _, . and -; a value that "
                 "begins with @ is written @@");
    }
    into.environment.emplace(name, std::move(one));
  }
}

json::value write_environment(service_config const& from) {
  if (from.environment.empty()) return nullptr;
  json::object out;
  for (auto const& [name, value] : from.environment)
    out[name] = value.is_secret || value.text.starts_with('@') ? "@" + value.text : value.text;
  return out;
}

void read_secrets(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (from.is != kind::list) return with.wanted(path, "a list of secrets' keys", from);
  for (written_value const& item : from.items) {
    std::string const at = element_path(path, into.secrets.size());
    secret_file one;
    if (item.is == kind::map) {
      with.fields(item, at, {"source", "target"});
      if (auto const* source = item.find("source")) one.key = with.text(*source, member_path(at, "source"));
      if (auto const* target = item.find("target")) one.file = with.text(*target, member_path(at, "target"));
    } else {
      one.key = with.text(item, at);
    }
    if (one.key.starts_with('@')) one.key.erase(0, 1);
    if (one.file.empty()) one.file = one.key;
    if (!is_secret_key(one.key))
      with.add(at, "must name a secret's key: letters, digits, _, . and -");
    else if (!is_plain_name(one.file) && !is_secret_key(one.file))
      with.add(at, "its target must be the name of a file below /run/secrets");
    if (std::ranges::find(into.secrets, one.file, &secret_file::file) != into.secrets.end())
      with.add(at, fmt::format("/run/secrets/{} is given twice", one.file));
    into.secrets.push_back(std::move(one));
  }
}

json::value write_secrets(service_config const& from) {
  if (from.secrets.empty()) return nullptr;
  json::array out;
  for (secret_file const& one : from.secrets) {
    if (one.file == one.key)
      out.push_back(json_of(one.key));
    else
      out.push_back(json::object{{"source", json_of(one.key)}, {"target", json_of(one.file)}});
  }
  return out;
}

void read_labels(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  into.labels = with.pairs(from, path);
  for (auto const& [key, value] : into.labels)
    if (key == "deployment.name" || key.starts_with("krane."))
      with.add(member_path(path, key), "is a label that krane sets itself");
}

json::value write_labels(service_config const& from) {
  if (from.labels.empty()) return nullptr;
  json::object out;
  for (auto const& [key, value] : from.labels) out[key] = value;
  return out;
}

namespace {

port read_port(std::string const& text, std::string const& path, field_reader& with, char const* which) {
  auto const number = parse_port(text);
  if (number) return *number;
  with.add(path, fmt::format("the {} port \"{}\" {}", which, text, number.error().message));
  return 0;
}

// "[address:]host:container[/udp]"
port_mapping read_port_text(std::string text, std::string const& path, field_reader& with) {
  port_mapping out;
  if (auto const slash = text.rfind('/'); slash != std::string::npos) {
    std::string const protocol = text.substr(slash + 1);
    out.udp = protocol == "udp";
    if (protocol != "udp" && protocol != "tcp") with.add(path, "its protocol must be tcp or udp");
    text.resize(slash);
  }
  auto const last = text.rfind(':');
  if (last == std::string::npos) {
    with.add(path, "must be HOST:CONTAINER, such as 8443:443; krane picks no port of the host by itself");
    return out;
  }
  out.container = read_port(text.substr(last + 1), path, with, "container's");
  text.resize(last);
  if (auto const first = text.rfind(':'); first != std::string::npos) {
    out.address = text.substr(0, first);
    if (out.address.starts_with('[') && out.address.ends_with(']'))
      out.address = out.address.substr(1, out.address.size() - 2);
    text.erase(0, first + 1);
  }
  out.host = read_port(text, path, with, "host's");
  return out;
}

port_mapping read_port_fields(written_value const& from, std::string const& path, field_reader& with) {
  port_mapping out;
  with.fields(from, path, {"target", "published", "protocol", "host_ip", "mode"});
  auto const given = [&](char const* key) {
    auto const* found = from.find(key);
    return found == nullptr ? std::string() : with.text(*found, member_path(path, key));
  };
  out.container = read_port(given("target"), member_path(path, "target"), with, "container's");
  out.host = read_port(given("published"), member_path(path, "published"), with, "host's");
  out.address = given("host_ip");
  std::string const protocol = given("protocol");
  out.udp = protocol == "udp";
  if (!protocol.empty() && protocol != "udp" && protocol != "tcp")
    with.add(member_path(path, "protocol"), "must be tcp or udp");
  return out;
}

std::string text_of(port_mapping const& from) {
  std::string address = from.address.contains(':') ? "[" + from.address + "]" : from.address;
  return fmt::format("{}{}{}:{}{}", address, address.empty() ? "" : ":", from.host, from.container,
                     from.udp ? "/udp" : "");
}

}  // namespace

void read_ports(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (from.is != kind::list) return with.wanted(path, "a list such as [\"8443:443\"]", from);
  for (written_value const& item : from.items) {
    std::string const at = element_path(path, into.ports.size());
    port_mapping one =
        item.is == kind::map ? read_port_fields(item, at, with) : read_port_text(with.text(item, at), at, with);
    if (!one.address.empty() && !is_address(one.address))
      with.add(at, fmt::format("\"{}\" is no address of the host", one.address));
    for (port_mapping const& other : into.ports)
      if (other.host != 0 && other.host == one.host && other.udp == one.udp && other.address == one.address)
        with.add(at, fmt::format("publishes port {} of the host twice", one.host));
    into.ports.push_back(std::move(one));
  }
}

json::value write_ports(service_config const& from) {
  json::array out;
  for (port_mapping const& one : from.ports) out.push_back(json_of(text_of(one)));
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

namespace {

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

void read_extra_hosts(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  std::vector<std::string> lines;
  if (from.is == kind::map)
    for (auto const& [name, address] : with.pairs(from, path)) lines.push_back(name + ":" + address);
  else
    lines = with.texts(from, path);
  for (std::string& line : lines) {
    auto const mark = line.find_first_of(":=");
    std::string const name = line.substr(0, mark);
    std::string const address = mark == std::string::npos ? std::string() : line.substr(mark + 1);
    if (name.empty() || !all_of(name, "_.-") || (!is_address(address) && address != "host-gateway"))
      with.add(path, fmt::format("\"{}\" must be NAME:ADDRESS, such as db.internal:10.0.0.5", line));
    into.extra_hosts.push_back(name + ":" + address);
  }
}

void read_resources(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (!with.fields(from, path, {"cpus", "memory", "pids"})) return;
  if (auto const* cpus = from.find("cpus"); cpus != nullptr && cpus->is != kind::nothing) {
    double amount = 0;
    char const* const end = cpus->text.data() + cpus->text.size();
    auto const [at, ec] = std::from_chars(cpus->text.data(), end, amount, std::chars_format::fixed);
    if (!cpus->has_text() || ec != std::errc{} || at != end || !(amount >= 0.01) || amount > 1024)
      with.add(member_path(path, "cpus"), "must be a number of processors such as 0.5 or 2");
    else
      into.resources.nano_cpus = std::llround(amount * 1000) * 1'000'000;
  }
  if (auto const* memory = from.find("memory"); memory != nullptr && memory->is != kind::nothing) {
    std::size_t const before = with.count();
    std::uint64_t const bytes = with.byte_size(*memory, member_path(path, "memory"));
    if (with.count() == before && bytes < least_memory)
      with.add(member_path(path, "memory"), "must be 6M at least, else no container starts");
    into.resources.memory_bytes = bytes;
  }
  if (auto const* pids = from.find("pids"); pids != nullptr && pids->is != kind::nothing)
    into.resources.pids = with.number(*pids, member_path(path, "pids"), 1, 4'194'304);
}

json::value write_resources(service_config const& from) {
  json::object out;
  resource_limits const& limits = from.resources;
  if (limits.nano_cpus) out["cpus"] = fmt::format("{:g}", static_cast<double>(*limits.nano_cpus) / 1e9);
  if (limits.memory_bytes) out["memory"] = byte_size_text(*limits.memory_bytes);
  if (limits.pids) out["pids"] = *limits.pids;
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

void read_restart(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  std::string const text = from.has_text() ? from.text : std::string();
  restart_policy out;
  if (text == "unless-stopped")
    out.is = restart_policy::kind::unless_stopped;
  else if (text == "always")
    out.is = restart_policy::kind::always;
  else if (text == "no" || text == "false")
    out.is = restart_policy::kind::no;
  else if (text == "on-failure")
    out.is = restart_policy::kind::on_failure;
  else if (text.starts_with("on-failure:")) {
    written_value most = from;
    most.text = text.substr(text.find(':') + 1);
    out = {restart_policy::kind::on_failure, static_cast<std::uint32_t>(with.number(most, path, 1, 1'000'000))};
  } else
    with.add(path, "must be unless-stopped, always, on-failure, on-failure:N or \"no\"");
  into.restart = out;
}

json::value write_restart(service_config const& from) {
  if (!from.restart) return nullptr;
  switch (from.restart->is) {
    case restart_policy::kind::unless_stopped:
      return "unless-stopped";
    case restart_policy::kind::always:
      return "always";
    case restart_policy::kind::no:
      return "no";
    case restart_policy::kind::on_failure:
      return json_of(from.restart->most == 0 ? std::string("on-failure")
                                             : fmt::format("on-failure:{}", from.restart->most));
  }
  std::unreachable();
}

void read_stop_signal(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  std::string text = with.text(from, path);
  static constexpr std::array<std::string_view, 13> known{"HUP",  "INT",  "QUIT", "ABRT",  "KILL", "USR1", "USR2",
                                                          "ALRM", "TERM", "CONT", "WINCH", "PIPE", "PWR"};
  std::string_view const name = std::string_view(text).substr(text.starts_with("SIG") ? 3 : 0);
  int number = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const is_number = ec == std::errc{} && end == text.data() + text.size() && number >= 1 && number <= 64;
  bool const real_time = name.starts_with("RTMIN+") && name.size() <= 8 && all_of(name.substr(6), "");
  if (!is_number && !real_time && std::ranges::find(known, name) == known.end())
    with.add(path, fmt::format("\"{}\" is no signal; SIGTERM, SIGINT and SIGQUIT are usual", text));
  into.stop_signal = std::move(text);
}

void read_logging(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (!with.fields(from, path, {"driver", "options"})) return;
  log_settings out;
  if (auto const* driver = from.find("driver")) {
    out.driver = with.text(*driver, member_path(path, "driver"));
    if (out.driver.empty() || !all_of(out.driver, "._/:-"))
      with.add(member_path(path, "driver"), "must be a log driver of the engine, such as json-file or journald");
  }
  if (auto const* options = from.find("options")) out.options = with.pairs(*options, member_path(path, "options"));
  into.logging = std::move(out);
}

json::value write_logging(service_config const& from) {
  if (!from.logging) return nullptr;
  json::object out;
  if (!from.logging->driver.empty()) out["driver"] = json_of(from.logging->driver);
  json::object options;
  for (auto const& [key, value] : from.logging->options) options[key] = value;
  if (!options.empty()) out["options"] = std::move(options);
  return out;
}

namespace {

std::vector<std::string> read_capabilities(written_value const& from, std::string const& path, field_reader& with) {
  auto names = with.texts(from, path);
  for (std::string& name : names) {
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (name.starts_with("CAP_")) name.erase(0, 4);
    if (name.empty() || !all_of(name, "_"))
      with.add(path, fmt::format("\"{}\" is no capability; NET_RAW and ALL are examples", name));
  }
  return names;
}

}  // namespace

void read_cap_drop(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  into.cap_drop = read_capabilities(from, path, with);
}

void read_cap_add(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  into.cap_add = read_capabilities(from, path, with);
}

void read_devices(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  into.devices = with.texts(from, path);
  for (std::string const& line : into.devices) {
    auto const parts = split(line, ':');
    bool right = parts.size() <= 3 && is_path(parts[0]);
    if (parts.size() > 1) right = right && is_path(parts[1]);
    if (parts.size() > 2) right = right && !parts[2].empty() && parts[2].find_first_not_of("rwm") == std::string::npos;
    if (!right) with.add(path, fmt::format("\"{}\" must be a device such as /dev/ttyUSB0:/dev/ttyUSB0:rw", line));
  }
}

void read_user(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  into.user = with.text(from, path);
  if (into.user.empty() || !all_of(into.user, "_.-:") || std::ranges::count(into.user, ':') > 1)
    with.add(path, "must be a user of the container by name or number, with a group if wanted: 1000:1000");
}

void read_working_dir(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  into.working_dir = with.text(from, path);
  if (!into.working_dir.starts_with('/')) with.add(path, "must be an absolute path in the container");
}

namespace {

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
