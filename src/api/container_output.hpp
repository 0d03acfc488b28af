#pragma once
// Follows what one container of ours writes, over its restarts, as server-sent events.
//
// Threads: the network thread.
#include <optional>
#include <string>

#include "api/output_resume.hpp"
#include "api/sse_pipe.hpp"
#include "base/scrubber.hpp"
#include "base/task.hpp"
#include "engine/engine.hpp"

namespace krane {

struct output_request {
  container_id container;
  std::string started_at;  // as it was when it was looked up
  bool follow = true;
  std::optional<std::size_t> tail;    // lines; none: all
  std::string since;                  // the engine's; empty: from the beginning
  std::optional<output_place> after;  // go on after this line; instead of the two before
  bool tell_gap = false;              // say so if that line is not there any more
};

// Until the container has stopped for good, is gone, or the client is; the farewell is in the pipe then, which is
// finished.
coroutine<void> follow_output(engine& docker, output_request what, scrubber const& hides, sse_pipe& to);

}  // namespace krane
