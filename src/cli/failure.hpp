#pragma once
// What a person and a script are told when a command does not succeed: one sentence, the next step, an exit code.
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cli/contexts.hpp"
#include "cli/exit_code.hpp"

namespace krane::cli {

namespace reason {
inline constexpr char usage[] = "usage";  // typed wrongly: exit code 2
}

error usage_error(std::string message);

exit_code exit_code_of(error const& why);

// What to do about it; "" where the sentence itself says that. `to`: the server that was meant, if one was.
std::string next_step(error const& why, target const* to);

// All of it as lines: "krane: SENTENCE", each fault of many, the next step. Ends without a newline.
std::string failure_text(error const& why, target const* to, bool verbose);

}  // namespace krane::cli
