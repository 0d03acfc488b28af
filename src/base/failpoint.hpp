#pragma once
// A place at which tests kill the server, to show that whatever was accepted before is finished after. In a build
// without KRANE_FAILPOINTS nothing is compiled in.
//
// KRANE_FAILPOINT_FILE=file names what a test may write, also while the server runs: a line "name:n" makes the process
// kill itself (SIGKILL) when it comes to that point for the n-th time since the file is there. Every point that it
// comes to while the file is there is added to file.log, a line each.
#include <string_view>

namespace krane {

#ifdef KRANE_FAILPOINTS
void failpoint(std::string_view name);
#else
inline void failpoint(std::string_view) {}
#endif

}  // namespace krane
