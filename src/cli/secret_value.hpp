#pragma once
// What must not be on the command line, where other users of the machine can see it and the shell remembers it.
#include <string>

#include "base/result.hpp"
#include "cli/command_context.hpp"

namespace krane::cli {

// Asked for without being shown, or read from a pipe, without the newline at its end. errc::invalid (a usage error)
// when it is empty, longer than 64 KiB, has a NUL, or there is nobody to ask; `by_pipe` then says how to give it.
result<std::string> get_secret_value(command_context& with, std::string const& question, std::string const& by_pipe);

}  // namespace krane::cli
