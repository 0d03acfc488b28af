#pragma once
// Reads the first part of a request, up to the empty line, as RFC 9112 has it and no laxer: what two programs could
// read in two ways (both length and chunked, bare line feeds, folded fields, …) is refused. No I/O.
#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/refusal.hpp"
#include "http/server.hpp"

namespace krane::http {

// Finds the head's end in bytes that come in pieces; each byte is looked at once.
class head_scanner {
public:
  explicit head_scanner(limits const& lim) : limits_(lim) {}

  // `bytes` is all that has come of this head, and each time begins with what it was the time before. Gives the
  // head's size with its empty line, nothing while that has not come, or why it never can.
  std::expected<std::optional<std::size_t>, refusal> scan(std::string_view bytes);

private:
  std::expected<std::optional<std::size_t>, refusal> unfinished(std::string_view bytes) const;

  limits const& limits_;
  std::size_t line_start_ = 0;
  std::size_t seen_ = 0;
  std::size_t lines_ = 0;
};

enum class body_kind { none, sized, chunked };

struct request_head {
  request req;  // but for its body, remote address and, unless the client sent a sane one, its id
  bool is_http_1_0 = false;
  bool keep_alive = true;
  body_kind body = body_kind::none;
  std::size_t body_bytes = 0;
  bool expects_continue = false;
};

// `block` as head_scanner found it.
std::expected<request_head, refusal> parse_head(std::string_view block);

}  // namespace krane::http
