#include "base/bug_report.hpp"

#include "base/log.hpp"

namespace krane {

void report_bug(std::string const& text) {
  log::error("base", text);
}

}  // namespace krane
