#pragma once
// How a request that became a run is answered: 202, and where the run can be looked at.
#include <functional>
#include <optional>

#include "api/endpoint.hpp"
#include "model/run.hpp"

namespace krane::endpoints {

http::response answer_accepted(run const& accepted);

// Accepts it, with what is to be kept of the answer if the request may come again; the answer, or why it was not.
using accepting = std::function<task<run>(std::optional<answer_to_keep<run>>)>;
task<http::reply> answer_accepted(call& from, accepting accept);

}  // namespace krane::endpoints
