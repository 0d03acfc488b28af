#include "runs/service_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/json.hpp"

namespace krane {
namespace {

namespace fs = std::filesystem;

// Where it leads; what is not there yet stays as it is written.
fs::path real(std::string const& path) {
  std::error_code ec;
  auto const found = fs::weakly_canonical(path, ec);
  return ec ? fs::path(path).lexically_normal() : found;
}

bool is_below(fs::path const& path, fs::path const& folder) {
  auto const [end, rest] = std::ranges::mismatch(folder, path);
  // A folder that is written with a slash at its end has an empty last part.
  return end == folder.end() || (end->empty() && std::next(end) == folder.end());
}

// The engine's socket gives all; so it has to be named itself, not only a folder that it is in.
bool leads_to_socket(fs::path const& path) {
  std::error_code ec;
  return fs::is_socket(path, ec);
}

bool may_bind(std::string const& source, service_policy const& policy) {
  auto const path = real(source);
  return std::ranges::any_of(policy.bind_folders, [&](std::string const& allowed) {
    auto const folder = real(allowed);
    return path == folder || (is_below(path, folder) && !leads_to_socket(path));
  });
}

}  // namespace

std::vector<fault> find_forbidden(spec const& wanted, service_policy const& policy) {
  std::vector<fault> faults;
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
  for (std::size_t i = 0; i < service.volumes.size(); ++i) {
    mount const& one = service.volumes[i];
    if (one.is == mount::kind::bind && !may_bind(one.source, policy))
      faults.push_back(
          {json_detail::element_path("config.volumes", i),
           fmt::format("mounts {} of the server's machine, which is not allowed here: the server's setting "
                       "bind-folders (KRANE_BIND_FOLDERS) has to name it, or a folder above it",
                       one.source)});
  }
  return faults;
}

}  // namespace krane
