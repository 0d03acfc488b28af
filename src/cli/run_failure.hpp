#pragma once
// Why a run did not succeed, for the person who waited for it: the sentence, the facts, the last lines of output, what
// still serves, and what to try.
//
// Threads: any.
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "cli/style.hpp"
#include "client/types.hpp"

namespace krane::cli {

// Lines, the last without a newline. `serving`: the run whose release serves now, if one does.
std::string run_failure_text(client::run_info const& run, std::optional<client::run_info> const& serving,
                             time_point now, style with);

// What to try; "" where nothing is known that would help.
std::string advice(client::run_info const& run);

}  // namespace krane::cli
