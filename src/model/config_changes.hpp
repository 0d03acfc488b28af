#pragma once
// What is different between two configs, field by field. Pure.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

namespace krane {

struct config_change {
  std::string key;                           // "environment.MODE"; a list is one value
  std::optional<boost::json::value> before;  // none: it is there after only
  std::optional<boost::json::value> after;   // none: it was there before only
};

// In the order of `before`, then what is only in `after`. The tag that is meant where none is said counts as said; an
// empty `before` has none.
std::vector<config_change> find_changes(boost::json::object before, boost::json::object after);

}  // namespace krane
