#pragma once
// What did not work, as the outcome of an action; an error where it is to be waited for instead.
#include "runs/run_machine.hpp"

namespace krane {

// What the front did not do: tried again, since it is brought back when it has gone.
result<outcome> failed_at_front(error const& e);
// An engine's error.
result<outcome> failed_with(error const& e, bool worth_retrying);
// Of a registry, in a moment perhaps not any more.
bool may_pass(error const& e);

}  // namespace krane
