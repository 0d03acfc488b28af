#include "http/response_head.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/syntax.hpp"

namespace krane::http {
namespace {

constexpr auto status_texts = std::to_array<std::pair<int, std::string_view>>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
});

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second.
std::string_view date_now() {
  static thread_local std::time_t made_for = 0;
  static thread_local std::array<char, 32> text{};
  std::time_t const now = std::time(nullptr);
  if (now != made_for) {
    constexpr std::array<char const*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&now, &utc);
    // Not strftime: its names follow the locale.
    *fmt::format_to_n(text.data(), text.size() - 1, "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                      days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                      months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                      utc.tm_sec)
         .out = '\0';
    made_for = now;
  }
  return text.data();
}

// What this layer alone decides.
bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"connection", "content-length", "transfer-encoding",
                                                  "date",       "x-request-id",   "content-type"};
  return std::ranges::any_of(names, [&](std::string_view one) { return equals_without_case(one, name); });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool has_no_body(int status) {
  return status < 200 || status == 204 || status == 304;
}

std::string_view status_text(int status) {
  auto const known = std::ranges::lower_bound(status_texts, status, {}, &std::pair<int, std::string_view>::first);
  return known != status_texts.end() && known->first == status ? known->second : "Unknown";
}

void append_reply_head(std::string& out, reply_head const& head) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\nDate: {}\r\n", head.status, status_text(head.status), date_now());
  bool const bodiless = has_no_body(head.status);
  if (!head.content_type.empty() && !bodiless) append_field(out, "Content-Type", head.content_type);
  switch (head.framing) {
    case reply_framing::sized:
      if (!bodiless) fmt::format_to(to, "Content-Length: {}\r\n", head.body_bytes);
      break;
    case reply_framing::chunked:
      out += "Transfer-Encoding: chunked\r\n";
      break;
    case reply_framing::until_close:
      break;
    case reply_framing::upgrade:
      out += "Connection: Upgrade\r\n";
      break;
  }
  append_field(out, "X-Request-Id", head.request_id);
  if (head.framing != reply_framing::upgrade) {
    out += "X-Content-Type-Options: nosniff\r\n";
    if (head.headers == nullptr || !head.headers->find("Cache-Control")) out += "Cache-Control: no-store\r\n";
    if (head.close) out += "Connection: close\r\n";
  }
  if (head.headers != nullptr) {
    for (auto const& [name, value] : *head.headers) {
      if (is_ours(name)) continue;
      if (is_token(name) && is_field_value(value))
        append_field(out, name, value);
      else
        log::error("http", fmt::format("request {}: left out a malformed header field of the reply", head.request_id));
    }
  }
  out += "\r\n";
}

}  // namespace krane::http
