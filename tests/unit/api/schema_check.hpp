#pragma once
// As much of JSON Schema as the API's document uses.
#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace krane::test {

// What of the value the schema does not allow, each with its path. `document`: where "$ref" leads.
std::vector<std::string> schema_faults(boost::json::value const& value, boost::json::value const& schema,
                                       boost::json::value const& document, std::string const& path = "");

}  // namespace krane::test
