#include "model/service_readers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/json.hpp"
#include "model/byte_size.hpp"
#include "model/secret_key.hpp"
#include "model/service_words.hpp"

namespace krane::service_readers {
namespace {

namespace json = boost::json;
using json_detail::element_path;
using json_detail::member_path;
using kind = written_value::kind;

constexpr std::uint64_t least_memory = 6 * 1024 * 1024;  // the engine refuses less

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

void read_extra_hosts(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  std::vector<std::string> lines;
  if (from.is == kind::map)
    for (auto const& [name, address] : with.pairs(from, path)) lines.push_back(fmt::format("{}:{}", name, address));
  else
    lines = with.texts(from, path);
  for (std::string& line : lines) {
    auto const mark = line.find_first_of(":=");
    std::string const name = line.substr(0, mark);
    std::string const address = mark == std::string::npos ? std::string() : line.substr(mark + 1);
    if (name.empty() || !all_of(name, "_.-") || (!is_address(address) && address != "host-gateway"))
      with.add(path, fmt::format("\"{}\" must be NAME:ADDRESS, such as db.internal:10.0.0.5", line));
    into.extra_hosts.push_back(fmt::format("{}:{}", name, address));
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
  if (limits.nano_cpus) out["cpus"] = fmt::format("{}", static_cast<double>(*limits.nano_cpus) / 1e9);
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

void read_registry_auth(written_value const& from, std::string const& path, field_reader& with, service_config& into) {
  if (!with.fields(from, path, {"username", "password"})) return;
  registry_credentials out;
  if (auto const* username = from.find("username")) out.username = with.text(*username, member_path(path, "username"));
  if (out.username.empty() || out.username.contains('\n'))
    with.add(member_path(path, "username"), "must be there, on one line");
  // Not quoted: it may be the password itself.
  std::string written;
  if (auto const* password = from.find("password")) written = with.text(*password, member_path(path, "password"));
  out.password_key = written.starts_with('@') ? written.substr(1) : std::string();
  if (!is_secret_key(out.password_key))
    with.add(member_path(path, "password"),
             "must name a secret of the deployment, such as @REGISTRY_PASSWORD, since a config is shown to everybody "
             "who may look; krane secrets set keeps one");
  into.registry_auth = std::move(out);
}

json::value write_registry_auth(service_config const& from) {
  if (!from.registry_auth) return nullptr;
  return json::object{{"username", json_of(from.registry_auth->username)},
                      {"password", "@" + from.registry_auth->password_key}};
}

namespace {

std::vector<std::string> read_capabilities(written_value const& from, std::string const& path, field_reader& with) {
  auto names = with.texts(from, path);
  for (std::string& name : names) {
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    while (name.starts_with("CAP_")) name.erase(0, 4);
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

}  // namespace krane::service_readers
