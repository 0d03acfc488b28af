#include "client/answers.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>
#include <optional>
#include <vector>

#include "base/json.hpp"
#include "client/reason.hpp"

namespace krane::client {
namespace {

struct fault_body {
  static constexpr bool json_defaults = true;
  std::string path;
  std::string error;
};
BOOST_DESCRIBE_STRUCT(fault_body, (), (path, error))

struct error_body {
  static constexpr bool json_defaults = true;
  std::string error;
  std::string reason;
  std::optional<std::vector<fault_body>> details;
};
BOOST_DESCRIBE_STRUCT(error_body, (), (error, reason, details))

struct envelope {
  bool success = false;
  boost::json::value data;
};
BOOST_DESCRIBE_STRUCT(envelope, (), (success, data))

// The title of a page, if it is one.
std::string title_of(std::string_view page) {
  auto const begin = page.find("<title>");
  auto const end = page.find("</title>");
  if (begin == page.npos || end == page.npos || end < begin) return {};
  std::string out;
  for (char const c : page.substr(begin + 7, std::min<std::size_t>(end - begin - 7, 80)))
    if (static_cast<unsigned char>(c) >= ' ') out += c;
  return out;
}

error not_krane(answer_head const& head, std::string_view body, endpoint const& where) {
  std::string why;
  if (auto const to = head.headers.find("Location"); to && head.status >= 300 && head.status < 400)
    why = fmt::format("it sends on to {}", to->substr(0, 200));
  else if (head.status == 400 && body.contains("HTTPS"))
    why = "it speaks TLS; write https://";
  else if (head.status >= 502 && head.status <= 504)
    why = fmt::format("a proxy answered {}, so the server behind it may be down", head.status);
  else if (auto const title = title_of(body); !title.empty())
    why = fmt::format("it answered {} with the page \"{}\"; is it the right address, and is there a proxy in between?",
                      head.status, title);
  else
    why = fmt::format("it answered {} without what krane answers; is it the right address and port?", head.status);
  return make_error(errc::unavailable, reason::not_krane,
                    fmt::format("what answers at {} is no krane server: {}", where.text(), why));
}

error unauthorized(endpoint const& where, bool had_token) {
  return make_error(errc::unauthorized, reason::not_logged_in,
                    fmt::format("{} {}", had_token ? "the session has ended or expired at" : "you are not logged in to",
                                where.text()));
}

}  // namespace

errc class_of(int status) {
  constexpr std::array all{errc::malformed,          errc::unauthorized, errc::forbidden,           errc::not_found,
                           errc::method_not_allowed, errc::conflict,     errc::precondition_failed, errc::too_large,
                           errc::unsupported_media,  errc::invalid,      errc::rate_limited,        errc::internal,
                           errc::unavailable,        errc::timed_out,    errc::storage_full};
  for (errc const one : all)
    if (http_status(one) == status) return one;
  return status < 500 ? errc::invalid : errc::internal;
}

result<boost::json::value> read_answer(answer_head const& head, std::string_view body, endpoint const& where,
                                       bool had_token) {
  auto document = parse_json(body, {.max_bytes = 64 * 1024 * 1024, .max_depth = 64});
  if (!document) return not_krane(head, body, where);
  auto outer = decode<envelope>(*document, unknown_keys::ignore);
  if (!outer) return not_krane(head, body, where);
  if (head.status < 300) return std::move(outer->data);
  if (head.status == 401) return unauthorized(where, had_token);
  auto const inner = decode<error_body>(outer->data, unknown_keys::ignore);
  if (!inner || inner->error.empty()) return not_krane(head, body, where);
  error out{class_of(head.status), inner->reason, inner->error};
  if (out.reason.empty()) out.reason = default_reason(out.code);
  if (inner->details)
    for (fault_body const& one : *inner->details) out.details.push_back({one.path, one.error});
  return out;
}

}  // namespace krane::client
