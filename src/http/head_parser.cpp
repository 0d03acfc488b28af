#include "http/head_parser.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "http/syntax.hpp"

namespace krane::http {
namespace {

// As long as a request line may be before it, and not the fields, is what is too long.
constexpr std::size_t max_request_line = 8 * 1024;
constexpr std::size_t max_request_id = 64;

using status_of_part = std::expected<void, refusal>;

status_of_part refuse(std::string message) {
  return std::unexpected(bad_request(std::move(message)));
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_authority(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:[]%").find(c) != std::string_view::npos;
  });
}

bool is_sane_request_id(std::string_view text) {
  return !text.empty() && text.size() <= max_request_id && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

status_of_part parse_query(std::string_view text, request& req) {
  while (!text.empty()) {
    auto const end = std::min(text.find('&'), text.size());
    std::string_view const pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    auto const equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return refuse("the query has a malformed %-escape");
    req.query.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

// "http://name:port/path": what a client sends to a proxy, and may send to a server. Gives the authority.
std::expected<std::string_view, refusal> cut_absolute_form(std::string_view& target) {
  auto const scheme_end = target.find("://");
  std::string_view const scheme = target.substr(0, std::min(scheme_end, target.size()));
  if (scheme_end == target.npos || !(equals_without_case(scheme, "http") || equals_without_case(scheme, "https")))
    return std::unexpected(bad_request("the request's target is neither a path nor an http address"));
  target.remove_prefix(scheme_end + 3);
  std::string_view const authority = target.substr(0, std::min(target.find_first_of("/?"), target.size()));
  if (!is_authority(authority)) return std::unexpected(bad_request("the request's target names no valid host"));
  target.remove_prefix(authority.size());
  return authority;
}

class parser {
public:
  explicit parser(std::string_view block) : rest_(block) {}

  std::expected<request_head, refusal> run() {
    if (auto ok = request_line(next_line()); !ok) return std::unexpected(std::move(ok.error()));
    for (std::string_view line = next_line(); !line.empty(); line = next_line())
      if (auto ok = field(line); !ok) return std::unexpected(std::move(ok.error()));
    if (auto ok = finish(); !ok) return std::unexpected(std::move(ok.error()));
    return std::move(head_);
  }

private:
  std::string_view next_line() {
    auto const end = std::min(rest_.find("\r\n"), rest_.size());
    std::string_view const line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 2, rest_.size()));
    return line;
  }

  status_of_part request_line(std::string_view line) {
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    if (first == line.npos || first == last) return refuse("the request line is not \"method target version\"");
    std::string_view const method = line.substr(0, first);
    std::string_view const target = line.substr(first + 1, last - first - 1);
    std::string_view const version = line.substr(last + 1);
    if (!is_token(method)) return refuse("the request's method is malformed");
    if (!is_visible_ascii(target) || target.find('#') != target.npos)
      return refuse("the request's target has a byte that must be escaped");
    if (version == "HTTP/1.0")
      head_.is_http_1_0 = true;
    else if (version != "HTTP/1.1")
      return version.starts_with("HTTP/") ? std::unexpected(refusal{505, "http_version", "this server speaks HTTP/1.1"})
                                          : refuse("the request line does not end in an HTTP version");
    head_.req.method = method;
    return parse_target(target);
  }

  status_of_part parse_target(std::string_view target) {
    if (target == "*" && head_.req.method == "OPTIONS") {
      head_.req.path = "*";
      return {};
    }
    if (!target.starts_with('/')) {
      auto const authority = cut_absolute_form(target);
      if (!authority) return std::unexpected(authority.error());
      authority_ = *authority;
    }
    auto const question = std::min(target.find('?'), target.size());
    std::string_view const path = target.substr(0, question);
    head_.req.path = path.empty() ? "/" : std::string(path);
    if (path.find('%') != path.npos && !percent_decode(path, false)) return refuse("the path has a malformed %-escape");
    return parse_query(target.substr(std::min(question + 1, target.size())), head_.req);
  }

  status_of_part field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return refuse("a header field is folded over two lines");
    auto const colon = line.find(':');
    if (colon == line.npos) return refuse("a header line has no colon");
    std::string_view const name = line.substr(0, colon);
    if (!is_token(name)) return refuse("a header field's name is malformed");
    std::string_view const value = trim_blanks(line.substr(colon + 1));
    if (!is_field_value(value)) return refuse(fmt::format("the header field {} has a control byte in it", name));
    if (auto ok = known_field(name, value); !ok) return ok;
    head_.req.headers.add(std::string(name), std::string(value));
    return {};
  }

  // The fields that HTTP itself acts on, told apart by length first since most requests have few of them.
  status_of_part known_field(std::string_view name, std::string_view value) {
    switch (name.size()) {
      case 4:
        if (equals_without_case(name, "host")) return host(value);
        break;
      case 6:
        if (equals_without_case(name, "expect")) return expect(value);
        break;
      case 7:
        if (equals_without_case(name, "upgrade")) upgrades_ = upgrades_ || list_has_token(value, "websocket");
        break;
      case 10:
        if (equals_without_case(name, "connection")) connection(value);
        break;
      case 12:
        if (equals_without_case(name, "x-request-id")) {
          head_.req.id = !has_id_ && is_sane_request_id(value) ? value : std::string_view{};
          has_id_ = true;
        }
        break;
      case 14:
        if (equals_without_case(name, "content-length")) return content_length(value);
        break;
      case 17:
        if (equals_without_case(name, "transfer-encoding")) return transfer_encoding(value);
        if (equals_without_case(name, "sec-websocket-key")) {
          websocket_key_ok_ = websocket_keys_++ == 0 && is_websocket_key(value);
        }
        break;
      case 21:
        if (equals_without_case(name, "sec-websocket-version")) websocket_version_ok_ = value == "13";
        break;
      default:
        break;
    }
    return {};
  }

  status_of_part host(std::string_view value) {
    if (has_host_) return refuse("the request has more than one Host");
    if (!is_authority(value)) return refuse("the request's Host is malformed");
    has_host_ = true;
    return {};
  }

  status_of_part expect(std::string_view value) {
    if (!equals_without_case(value, "100-continue"))
      return std::unexpected(
          refusal{417, "expectation_failed", "the only Expect that this server knows is 100-continue"});
    head_.expects_continue = true;
    return {};
  }

  void connection(std::string_view value) {
    closes_ = closes_ || list_has_token(value, "close");
    connection_upgrades_ = connection_upgrades_ || list_has_token(value, "upgrade");
  }

  status_of_part content_length(std::string_view value) {
    if (has_length_) return refuse("the request has more than one Content-Length");
    has_length_ = true;
    std::uint64_t bytes = 0;
    auto const [end, failed] = std::from_chars(value.data(), value.data() + value.size(), bytes);
    if (failed != std::errc{} || end != value.data() + value.size())
      return refuse("the request's Content-Length is not a number");
    head_.body_bytes = bytes;
    return {};
  }

  status_of_part transfer_encoding(std::string_view value) {
    if (is_chunked_) return refuse("the request has more than one Transfer-Encoding");
    if (!equals_without_case(value, "chunked"))
      return refuse("the only Transfer-Encoding that this server knows is chunked");
    is_chunked_ = true;
    return {};
  }

  // 16 bytes in base64.
  static bool is_websocket_key(std::string_view value) {
    return value.size() == 24 && value.ends_with("==") && std::ranges::all_of(value.substr(0, 22), [](char c) {
             return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
           });
  }

  status_of_part finish() {
    if (!has_host_ && !head_.is_http_1_0) return refuse("the request has no Host");
    // RFC 9112 §3.2.2: the target's authority takes the place of Host.
    if (!authority_.empty()) head_.req.headers.set("Host", std::string(authority_));
    if (is_chunked_ && has_length_) return refuse("the request has both Content-Length and Transfer-Encoding");
    if (is_chunked_ && head_.is_http_1_0) return refuse("Transfer-Encoding does not exist in HTTP/1.0");
    if (is_chunked_)
      head_.body = body_kind::chunked;
    else if (head_.body_bytes > 0)
      head_.body = body_kind::sized;
    if (head_.is_http_1_0 || head_.body == body_kind::none) head_.expects_continue = false;
    head_.keep_alive = !closes_ && !head_.is_http_1_0;
    return websocket();
  }

  status_of_part websocket() {
    if (!upgrades_ || !connection_upgrades_ || head_.is_http_1_0 || head_.req.method != "GET") return {};
    if (!websocket_version_ok_)
      return std::unexpected(refusal{426, "websocket_version", "this server speaks version 13 of WebSocket"});
    if (!websocket_key_ok_) return refuse("the WebSocket request has no valid Sec-WebSocket-Key");
    if (head_.body != body_kind::none) return refuse("a WebSocket request has no body");
    head_.req.wants_websocket = true;
    return {};
  }

  std::string_view rest_;
  request_head head_;
  std::string_view authority_;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_id_ = false;
  bool is_chunked_ = false;
  bool closes_ = false;
  bool upgrades_ = false;
  bool connection_upgrades_ = false;
  bool websocket_version_ok_ = false;
  bool websocket_key_ok_ = false;
  int websocket_keys_ = 0;
};

}  // namespace

std::expected<std::optional<std::size_t>, refusal> head_scanner::scan(std::string_view bytes) {
  // What does not even begin as HTTP would otherwise be waited for until the deadline.
  if (seen_ == 0 && !bytes.empty() && !is_token_char(bytes.front())) {
    return std::unexpected(
        bad_request(bytes.front() == 0x16 ? "this port speaks http, not https" : "this is not an HTTP request"));
  }
  std::size_t const reach = std::min(bytes.size(), limits_.header_bytes);
  while (seen_ < reach) {
    auto const at = bytes.substr(0, reach).find('\n', seen_);
    if (at == bytes.npos) break;
    if (at == line_start_ || bytes[at - 1] != '\r')
      return std::unexpected(bad_request("a header line ends in a bare line feed"));
    seen_ = at + 1;
    if (at - line_start_ == 1) return seen_;
    if (lines_ == 0 && at > max_request_line)
      return std::unexpected(refusal{414, "uri_too_long", "the request's target is too long"});
    line_start_ = seen_;
    // The first line is not a field.
    if (lines_++ > limits_.header_fields)
      return std::unexpected(refusal{431, "too_many_header_fields",
                                     fmt::format("a request may have {} header fields", limits_.header_fields)});
  }
  seen_ = reach;
  return unfinished(bytes);
}

std::expected<std::optional<std::size_t>, refusal> head_scanner::unfinished(std::string_view bytes) const {
  if (lines_ == 0 && bytes.size() > max_request_line)
    return std::unexpected(refusal{414, "uri_too_long", "the request's target is too long"});
  if (bytes.size() >= limits_.header_bytes)
    return std::unexpected(
        refusal{431, "header_too_large", fmt::format("a request's header may have {} bytes", limits_.header_bytes)});
  return std::nullopt;
}

std::expected<request_head, refusal> parse_head(std::string_view block) {
  return parser(block).run();
}

}  // namespace krane::http
