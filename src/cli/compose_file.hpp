#pragma once
// A Compose file as deployments: each service is one, named as the service is. What krane cannot do is a fault that
// names the key; nothing is passed over. Source: the Compose specification.
#include <functional>
#include <string>
#include <vector>

#include "model/written_value.hpp"

namespace krane::cli {

bool is_compose_file(written_value const& top);

// What a service says, in krane's own spelling: a map of name and fields, each with its place in the file. Those that
// others depend on come first. `wrong` is told each fault: its place, its path, and what it is.
using compose_fault = std::function<void(written_place, std::string const& path, std::string what)>;
std::vector<written_value> services_of(written_value const& top, compose_fault const& wrong);

}  // namespace krane::cli
