#pragma once
// From the text of a setting to its value. Each gives what is wrong, without the setting's name.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/settings.hpp"

namespace krane {

std::optional<std::string> set_address(std::string& out, std::string const& text);
std::optional<std::string> set_port(std::uint16_t& out, std::string const& text);
std::optional<std::string> set_path(std::string& out, std::string const& text);
std::optional<std::string> set_log_level(std::string& out, std::string const& text);
std::optional<std::string> set_host_names(std::vector<std::string>& out, std::string const& text);
std::optional<std::string> set_open_streams(open_streams& out, std::string const& text);
template <class Enum>
std::optional<std::string> set_choice(Enum& out, std::string const& text);
std::optional<std::string> set_origins(std::vector<std::string>& out, std::string const& text);
std::optional<std::string> set_count(std::size_t& out, std::string const& text);
// "512M", "1.5G".
std::optional<std::string> set_bytes(std::uint64_t& out, std::string const& text);
std::optional<std::string> set_keep_releases(std::size_t& out, std::string const& text);
std::optional<std::string> set_settle(std::optional<std::chrono::milliseconds>& out, std::string const& text);
std::optional<std::string> set_duration(std::chrono::milliseconds& out, std::string const& text);
std::optional<std::string> set_permissions(std::set<permission>& out, std::string const& text);
std::optional<std::string> set_folders(std::vector<std::string>& out, std::string const& text);
std::optional<std::string> set_docker_host(std::string& out, std::string const& text);

// A leading "~" replaced by the home folder.
std::string expand_home(std::string const& path, std::string const& home);

}  // namespace krane
