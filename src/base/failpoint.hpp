#pragma once
// A place at which tests kill the server, to show that whatever was accepted before is finished after. In a build
// without KRANE_FAILPOINTS nothing is compiled in.
//
// KRANE_FAILPOINT=name[:n] makes the process kill itself (SIGKILL) when it reaches that point for the n-th time
// (1 unless said otherwise). KRANE_FAILPOINT_LOG=file lists every point reached, a line each.
#include <string_view>

namespace krane {

#ifdef KRANE_FAILPOINTS
void failpoint(std::string_view name);
#else
inline void failpoint(std::string_view) {}
#endif

}  // namespace krane
