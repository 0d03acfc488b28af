#pragma once
// Why a container that was just started is not running any more, in words that say what to mend: what the engine tells
// of its end, and what its last lines show.
#include "engine/engine.hpp"
#include "model/run.hpp"
#include "runs/probe.hpp"

namespace krane {

// It has ended. container_exited, oom_killed or command_not_found; without its output.
failure failure_of_end(container_details const& seen, probe_target const& target);

// The engine has restarted it since, so that how it ended is not known.
failure failure_of_restarts(container_details const& seen, probe_target const& target);

// It ended, or was restarted, after it had worked for a while and had taken over.
failure failure_after_start(container_details const& seen, probe_target const& target, time_in_office served);

// The person said that a container that ends so is not to be started again. `seen` has ended.
bool ended_as_allowed(container_details const& seen, std::optional<restart_policy> const& policy);

// Adds what the last lines, which `why` has by now, make plain.
void tell_what_output_shows(failure& why, probe_target const& target);

}  // namespace krane
