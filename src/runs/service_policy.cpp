#include "runs/service_policy.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "base/json.hpp"
#include "model/service_rules.hpp"
#include "runs/bind_source.hpp"

namespace krane {
namespace {

namespace fs = std::filesystem;

bool is_below(fs::path const& path, fs::path const& folder) {
  auto const [end, rest] = std::ranges::mismatch(folder, path);
  return end == folder.end();
}

// The engine's socket gives all; so it has to be named itself, not only a folder that it is in.
bool may_be_socket(bind_source const& source) {
  std::error_code ec;
  return source.missing.empty() && (fs::is_socket(source.folder, ec) || ec);
}

// Why it may not be mounted, if it may not.
std::optional<std::string> why_not_bound(std::string const& path, service_policy const& policy) {
  auto const source = resolve_bind_source(path);
  if (!source)
    return fmt::format(
        "mounts {} of the server's machine, and the server cannot tell where that leads ({}); let the "
        "server's user read it, or mount another folder",
        path, source.error().message);
  std::string unseen;
  for (std::string const& allowed : policy.bind_folders) {
    auto const folder = resolve_bind_source(allowed);
    // Below a folder that the server does not see, the engine may see links.
    if (!folder || !folder->missing.empty()) {
      if (is_below(fs::path(path).lexically_normal(), fs::path(allowed).lexically_normal())) unseen = allowed;
      continue;
    }
    bool const same = source->missing.empty() && source->folder == folder->folder;
    if (same || (is_below(source->folder, folder->folder) && !may_be_socket(*source))) return std::nullopt;
  }
  if (!unseen.empty())
    return fmt::format(
        "mounts {} of the server's machine; the setting bind-folders names {}, but the server does not "
        "see that folder: make it, or take it out of what hides it from the server (ProtectHome and "
        "PrivateTmp of its unit do)",
        path, unseen);
  return fmt::format(
      "mounts {} of the server's machine, which is not allowed here: the server's setting "
      "bind-folders (KRANE_BIND_FOLDERS) has to name it, or a folder above it",
      path);
}

// What a log driver may be told without a permission: nothing that names another machine, a socket or a file.
struct log_driver {
  std::string_view name;
  std::vector<std::string_view> options;
};

std::vector<log_driver> const& log_drivers() {
  static std::vector<log_driver> const known{
      // No name is the engine's own choice: what it does with these is the same.
      {"",
       {"max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode",
        "max-buffer-size"}},
      {"json-file",
       {"max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag", "mode",
        "max-buffer-size"}},
      {"local", {"max-size", "max-file", "compress", "mode", "max-buffer-size"}},
      {"none", {}},
      {"journald", {"labels", "labels-regex", "env", "env-regex", "tag", "mode", "max-buffer-size"}},
  };
  return known;
}

void find_forbidden_logging(log_settings const& wanted, std::vector<fault>& faults) {
  auto const known = std::ranges::find(log_drivers(), wanted.driver, &log_driver::name);
  if (known == log_drivers().end()) {
    faults.push_back({"config.logging.driver",
                      fmt::format("{} is not allowed here, since the engine, which is root, would talk to whatever the "
                                  "options name: use json-file, local, journald or none, or let the server's setting "
                                  "allow (KRANE_ALLOW) name logging",
                                  wanted.driver)});
    return;
  }
  for (auto const& [key, value] : wanted.options)
    if (std::ranges::find(known->options, key) == known->options.end())
      faults.push_back(
          {json_detail::member_path("config.logging.options", key),
           fmt::format("is not a known option of this log driver{}; others need the server's setting "
                       "allow (KRANE_ALLOW) to name logging",
                       known->options.empty() ? std::string()
                                              : fmt::format(", which are {}", fmt::join(known->options, ", ")))});
}

// One rule for every port of the machine, whoever opens it: the front, which may not open all, or the engine, which
// may.
void find_forbidden_ports(spec const& wanted, service_policy const& policy, std::vector<fault>& faults) {
  auto const look = [&](port number, std::string path) {
    if (number < policy.lowest_port)
      faults.push_back(
          {std::move(path),
           fmt::format("asks for port {} of the server's machine, and ports below {} are not allowed here: "
                       "choose a higher one, or let the server's setting allow (KRANE_ALLOW) name "
                       "low_ports",
                       number, policy.lowest_port)});
  };
  if (policy.allowed.contains(permission::low_ports)) return;
  if (wanted.host_port) look(*wanted.host_port, "config.host_port");
  for (std::size_t i = 0; i < wanted.service.ports.size(); ++i)
    look(wanted.service.ports[i].host, json_detail::element_path("config.ports", i));
}

}  // namespace

std::vector<fault> find_forbidden(spec const& wanted, service_policy const& policy) {
  std::vector<fault> faults = find_rule_faults(wanted.service);
  service_config const& service = wanted.service;
  auto const need = [&](bool asked, permission which, char const* path, char const* setting) {
    if (asked && !policy.allowed.contains(which))
      faults.push_back(
          {path, fmt::format("is not allowed here: the server's setting allow (KRANE_ALLOW) has to name {}", setting)});
  };
  need(service.privileged, permission::privileged, "config.privileged", "privileged");
  need(!service.cap_add.empty(), permission::cap_add, "config.cap_add", "cap_add");
  need(!service.devices.empty(), permission::devices, "config.devices", "devices");
  need(service.host_network, permission::host_network, "config.network_mode", "host_network");
  need(service.host_pid, permission::host_pid, "config.pid", "host_pid");
  if (service.logging && !policy.allowed.contains(permission::logging))
    find_forbidden_logging(*service.logging, faults);
  find_forbidden_ports(wanted, policy, faults);
  for (std::size_t i = 0; i < service.volumes.size(); ++i)
    if (mount const& one = service.volumes[i]; one.is == mount::kind::bind)
      if (auto why = why_not_bound(one.source, policy))
        faults.push_back({json_detail::element_path("config.volumes", i), std::move(*why)});
  return faults;
}

}  // namespace krane
