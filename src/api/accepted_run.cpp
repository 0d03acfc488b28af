#include "api/accepted_run.hpp"

#include <fmt/format.h>

#include "api/envelope.hpp"
#include "api/mapping.hpp"
#include "api/once.hpp"

namespace krane::endpoints {

http::response answer_accepted(run const& accepted) {
  auto answer = envelope::success_of(202, wire::accepted_run{wire::to_run(accepted)});
  answer.headers.add("Location", fmt::format("/deployments/{}/runs/{}", accepted.what.name.str(), accepted.id.str()));
  return answer;
}

task<http::reply> answer_accepted(call& from, accepting accept) {
  auto const accepted = co_await accept(keep_for<run>(from, [](run const& told) { return answer_accepted(told); }));
  if (!accepted) co_return accepted.error();
  co_return answer_accepted(*accepted);
}

}  // namespace krane::endpoints
