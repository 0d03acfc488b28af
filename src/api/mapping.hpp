#pragma once
// From the model to the wire and back.
#include <string>

#include "api/types.hpp"
#include "model/deployment.hpp"
#include "model/run.hpp"
#include "model/session.hpp"
#include "model/spec.hpp"

namespace krane::wire {

// Of PATCH /deployments/:name: the fields of "config", none of them required, each of them or null.
boost::json::value config_patch_schema();
spec_input to_spec_input(deployment_request const& from);
template_answer to_template(spec const& from);
deployment_item to_item(deployment const& from);
run_note to_note(krane::run_note const& from);
run_answer to_run(run const& from);
// `serving`: the deployment's.
release_answer to_release(run const& from, std::optional<run_id> const& serving);
// `token`: what is shown in its place, or the token itself.
session_answer to_session(session const& from, std::string token);
// In place of a token that is not the caller's; it can never authenticate.
std::string redacted_token(session const& of);

}  // namespace krane::wire
