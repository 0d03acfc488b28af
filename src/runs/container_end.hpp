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

// Adds what the last lines, which `why` has by now, make plain.
void tell_what_output_shows(failure& why, probe_target const& target);

}  // namespace krane
