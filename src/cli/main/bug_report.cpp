// In the place of base's own, which needs a log.
#include "base/bug_report.hpp"

#include <cstdio>

#include "cli/safe_text.hpp"

void krane::report_bug(std::string const& text) {
  std::fprintf(stderr, "krane: unexpected: %s\n", cli::printable(text).c_str());
}
