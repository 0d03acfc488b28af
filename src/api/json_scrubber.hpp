#pragma once
// Hides secrets in the engine's own objects, which are given as they are.
#include <boost/json/value.hpp>

#include "base/scrubber.hpp"

namespace krane {

void scrub_json(boost::json::value& in, scrubber const& hides);

}  // namespace krane
