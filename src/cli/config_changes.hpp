#pragma once
// What is different between two configs, for people who know what diff shows.
//
// Threads: any.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "model/config_changes.hpp"

namespace krane::cli {

// A config as it is in spec files: without what is not set.
boost::json::object config_of(boost::json::value const& answered);

// A value as YAML has it, on one line.
std::string one_line(boost::json::value const& from);

// "- KEY: OLD" and "+ KEY: NEW" lines.
std::string changes_text(std::vector<config_change> const& changes);

// For what may be kept, as the log of a machine that deploys: a password may be among them, which krane plan shows.
std::vector<config_change> without_environment_values(std::vector<config_change> changes);

}  // namespace krane::cli
