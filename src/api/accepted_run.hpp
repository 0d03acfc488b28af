#pragma once
// How a request that became a run is answered: 202, and where the run can be looked at.
#include "base/task.hpp"
#include "http/message.hpp"
#include "model/run.hpp"

namespace krane::endpoints {

http::response answer_accepted(run const& accepted);
// Of what accepts it, or why it was not.
task<http::reply> answer_accepted(task<run> accepting);

}  // namespace krane::endpoints
