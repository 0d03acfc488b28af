#pragma once
// What is different between two configs, field by field, for people who know what diff shows.
//
// Threads: any.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace krane::cli {

// A config as it is in spec files: without what is not set.
boost::json::object config_of(boost::json::value const& answered);

struct config_change {
  std::string key;       // "environment.MODE"; a list is one value
  std::string before;    // as YAML has it, on one line; "" with `added`
  std::string after;     // the same; "" with `removed`
  bool removed = false;  // it was there before only
  bool added = false;    // it is there after only
};

// In the order of `before`, then what is only in `after`. The tag that is meant where none is said counts as said.
std::vector<config_change> find_changes(boost::json::object before, boost::json::object after);

// "- KEY: OLD" and "+ KEY: NEW" lines.
std::string changes_text(std::vector<config_change> const& changes);

}  // namespace krane::cli
