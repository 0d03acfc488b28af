#include "base/failpoint.hpp"

#ifdef KRANE_FAILPOINTS
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

namespace krane {
namespace {

struct armed_point {
  std::string name;
  int at_visit = 1;
};

armed_point read_armed_point() {
  char const* const value = std::getenv("KRANE_FAILPOINT");
  if (value == nullptr) return {};
  std::string text = value;
  auto const colon = text.rfind(':');
  if (colon == std::string::npos) return {text, 1};
  return {text.substr(0, colon), std::atoi(text.c_str() + colon + 1)};
}

}  // namespace

void failpoint(std::string_view name) {
  static armed_point const armed = read_armed_point();
  static char const* const log_path = std::getenv("KRANE_FAILPOINT_LOG");
  static std::atomic<int> visits = 0;
  if (log_path != nullptr) std::ofstream(log_path, std::ios::app) << name << '\n';
  if (name == armed.name && ++visits == armed.at_visit) std::raise(SIGKILL);
}

}  // namespace krane
#endif
