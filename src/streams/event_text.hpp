#pragma once
// Events as they go out: JSON with the source document's spelling.
#include <string>

#include "model/event.hpp"

namespace krane {

// {"Timestamp": …, "Message": …, "Deployment": {"Name": …, "Config": {…}}, "Id": …, "Run": …, "Phase": …, "Level": …}
// Fields of the config that are not set are "".
std::string to_event_text(event const& e);

}  // namespace krane
