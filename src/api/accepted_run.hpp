#pragma once
// How a request that became a run is answered: 202, and where the run can be looked at.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/endpoint.hpp"
#include "model/run.hpp"

namespace krane::endpoints {

http::response answer_accepted(run const& accepted);

// Accepts it, with what is to be kept of the answer if the request may come again; the answer, or why it was not.
using accepting = std::function<task<run>(std::optional<answer_to_keep<run>>)>;
task<http::reply> answer_accepted(call& from, accepting accept);

// What such a request is documented to be answered, where it is refused for these reasons.
struct refusals_of_a_run {
  std::string not_found;  // 404
  std::string conflict;   // 409
  std::string invalid;    // 422
};
std::vector<answer> answers_of_a_run(refusals_of_a_run refused);

}  // namespace krane::endpoints
