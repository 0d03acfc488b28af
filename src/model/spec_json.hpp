#pragma once
// A spec as people and programs write it in JSON: what make_spec reads as the same.
#include <boost/json/object.hpp>

#include "model/spec.hpp"

namespace krane {

// "config", without what is not set.
boost::json::object config_json(spec const& from);

}  // namespace krane
