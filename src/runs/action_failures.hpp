#pragma once
// Errors as the outcome of an action: what a run fails with, what it tries again, and what it waits for.
#include <string>

#include "runs/run_machine.hpp"

namespace krane {

// What the front did not do: tried again, since it is brought back when it has gone.
result<outcome> failed_at_front(error const& e);
// Whether pulling again may help.
bool may_pass(error const& e);
// An engine's error as the outcome of an action, unless it is one to wait for.
result<outcome> failed_with(error const& e, bool worth_retrying);
// For good, with a reason of model/reason.hpp.
result<outcome> failed_because(char const* reason, std::string message);
failure taken_by_a_stranger(std::string const& name);

}  // namespace krane
