#pragma once
// The spec that a body asks for.
#include <boost/json/value.hpp>

#include "model/spec.hpp"

namespace krane {

// {"name": …, "config": {…}}, checked whole: errc::invalid with every fault at once.
result<spec> read_spec(boost::json::value body);

}  // namespace krane
