#include "cli/failure.hpp"

#include <fmt/format.h>

#include "cli/safe_text.hpp"
#include "client/reason.hpp"
#include "model/reason.hpp"

namespace krane::cli {

error usage_error(std::string message) {
  return make_error(errc::invalid, reason::usage, std::move(message));
}

exit_code exit_code_of(error const& why) {
  if (why.reason == reason::usage) return exit_code::usage;
  if (client::is_unreachable(why)) return exit_code::unreachable;
  switch (why.code) {
    case errc::not_found:
      return exit_code::not_found;
    case errc::unauthorized:
    case errc::forbidden:
      return exit_code::not_allowed;
    case errc::conflict:
    case errc::precondition_failed:
      return exit_code::conflict;
    case errc::timed_out:
      return exit_code::timed_out;
    case errc::cancelled:
      return exit_code::interrupted;
    default:
      return exit_code::failed;
  }
}

std::string next_step(error const& why, target const* to) {
  std::string const where = to == nullptr ? "" : " " + to->endpoint;
  if (why.reason == client::reason::not_logged_in) return fmt::format("krane login{}", where);
  if (client::is_unreachable(why)) return "krane doctor";
  if (why.reason == krane::reason::engine_unavailable) return "krane doctor";
  return {};
}

std::string failure_text(error const& why, target const* to, bool verbose) {
  std::string out = "krane: " + printable(why.message);
  if (why.details.size() > 1)
    for (fault const& one : why.details)
      out += fmt::format("\n  {}{}{}", printable(one.path), one.path.empty() ? "" : ": ", printable(one.error));
  if (auto const step = next_step(why, to); !step.empty()) out += "\n  next: " + step;
  if (verbose) out += "\n  reason: " + why.reason;
  return out;
}

}  // namespace krane::cli
