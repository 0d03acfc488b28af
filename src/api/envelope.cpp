#include "api/envelope.hpp"

#include <fmt/format.h>

#include "api/types.hpp"
#include "base/log.hpp"
#include "base/utf8.hpp"
#include "model/reason.hpp"
#include "runs/run_service.hpp"

namespace krane::envelope {

std::shared_ptr<std::string const> shared(std::string text) {
  return std::make_shared<std::string const>(std::move(text));
}

std::string success_text(int status, std::string_view data) {
  return fmt::format(R"({{"success":true,"code":{},"data":{}}})", status, data);
}

http::response success(int status, std::string_view data) {
  return {.status = status, .headers = {}, .body = shared(success_text(status, data))};
}

http::response head_of_stream() {
  http::response out{.headers = {}, .content_type = "text/event-stream", .body = nullptr};
  out.headers.add("Cache-Control", "no-store");
  return out;
}

std::string failure_text(int status, error const& why) {
  wire::error_answer body{.error = to_valid_utf8(why.message), .reason = why.reason, .details = {}};
  if (!why.details.empty()) {
    body.details.emplace();
    for (fault const& one : why.details) body.details->push_back({to_valid_utf8(one.path), to_valid_utf8(one.error)});
  }
  return fmt::format(R"({{"success":false,"code":{},"data":{}}})", status, to_json_text(body));
}

http::response failure(error const& why, std::string const& request_id) {
  int const status = http_status(why.code);
  http::response out{.status = status, .headers = {}, .body = {}};
  if (why.code == errc::internal) {
    log::error("api", fmt::format("request {}: {}: {}", request_id, why.reason, why.message));
    out.body = shared(failure_text(
        status, make_error(errc::internal, why.reason,
                           "something went wrong in the server; its log says more under this answer's X-Request-Id")));
  } else if (why.code == errc::unauthorized) {
    // Whatever the reason was: a stranger learns nothing else.
    out.headers.add("WWW-Authenticate", "Bearer");
    out.body = shared(failure_text(status, make_error(errc::unauthorized, "unauthorized")));
  } else {
    out.body = shared(failure_text(status, why));
    if (why.reason == reason::recovering || why.reason == reason::engine_unavailable)
      out.headers.add("Retry-After", "1");
  }
  return out;
}

}  // namespace krane::envelope
