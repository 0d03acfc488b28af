#pragma once
// The JSON Schema of a spec file, for editors; made from the table that files are read by.
#include <boost/json/value.hpp>

namespace krane::cli {

boost::json::value spec_schema();

}  // namespace krane::cli
