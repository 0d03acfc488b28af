#pragma once
// What names, paths and addresses in a service's fields may look like. Private to the model.
#include <string>
#include <string_view>
#include <vector>

#include "model/field_reader.hpp"
#include "model/port.hpp"

namespace krane::service_readers {

// Only letters, digits, and those further ones.
bool all_of(std::string_view text, std::string_view further);
// Of volumes and files: no part of a path.
bool is_plain_name(std::string_view text);
// An absolute path without ".." in it.
bool is_path(std::string_view text);
// IPv4 or IPv6.
bool is_address(std::string const& text);
std::vector<std::string> split(std::string_view text, char at);
// `which`: "host's", "container's"
port read_port(std::string const& text, std::string const& path, field_reader& with, char const* which);

}  // namespace krane::service_readers
