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

std::vector<answer> answers_of_a_run(refusals_of_a_run refused) {
  return {{.status = 202,
           .meaning = "the run is accepted and will end, whatever happens to the server",
           .data = schema_of<wire::accepted_run>(),
           .headers = {"Location"}},
          fails(400, "the body is not JSON"),
          fails(401, "no good token"),
          fails(404, std::move(refused.not_found)),
          fails(409, std::move(refused.conflict)),
          fails(415, "the body is not application/json"),
          fails(422, std::move(refused.invalid))};
}

}  // namespace krane::endpoints
