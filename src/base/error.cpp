#include "base/error.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace krane {
namespace {

struct row {
  errc code;
  int status;
  char const* reason;
};

constexpr std::array rows{
    row{errc::malformed, 400, "malformed"},
    row{errc::unauthorized, 401, "unauthorized"},
    row{errc::forbidden, 403, "forbidden"},
    row{errc::not_found, 404, "not_found"},
    row{errc::method_not_allowed, 405, "method_not_allowed"},
    row{errc::conflict, 409, "conflict"},
    row{errc::precondition_failed, 412, "precondition_failed"},
    row{errc::too_large, 413, "too_large"},
    row{errc::unsupported_media, 415, "unsupported_media_type"},
    row{errc::invalid, 422, "invalid"},
    row{errc::rate_limited, 429, "rate_limited"},
    row{errc::internal, 500, "internal"},
    row{errc::unavailable, 503, "unavailable"},
    row{errc::timed_out, 504, "deadline"},
    row{errc::storage_full, 507, "storage_full"},
    row{errc::cancelled, 503, "cancelled"},
};

row const& row_of(errc code) {
  for (row const& candidate : rows)
    if (candidate.code == code) return candidate;
  std::unreachable();
}

}  // namespace

int http_status(errc code) {
  return row_of(code).status;
}

std::string default_reason(errc code) {
  return row_of(code).reason;
}

error make_error(errc code, std::string message) {
  return {code, default_reason(code), std::move(message)};
}

error make_error(errc code, std::string reason, std::string message) {
  return {code, std::move(reason), std::move(message)};
}

error make_error(std::vector<fault> faults) {
  fault const& first = faults.front();
  std::string message =
      first.path.empty() ? fmt::format("the document {}", first.error) : fmt::format("{} {}", first.path, first.error);
  if (faults.size() > 1) message += fmt::format(" (and {} more, see details)", faults.size() - 1);
  return {errc::invalid, default_reason(errc::invalid), std::move(message), std::move(faults)};
}

}  // namespace krane
