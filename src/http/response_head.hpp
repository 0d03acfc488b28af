#pragma once
// What stands before a reply's body: status line, fields of ours, fields of the handler's.
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace krane::http {

enum class reply_framing { sized, chunked, until_close, upgrade };

struct reply_head {
  int status = 200;
  std::string_view content_type;  // empty: none
  header_list const* headers = nullptr;
  std::string_view request_id;
  reply_framing framing = reply_framing::sized;
  std::size_t body_bytes = 0;  // sized
  bool close = false;
};

// A status without a body, whatever the handler gave.
bool has_no_body(int status);
std::string_view status_text(int status);
// Appends it to `out`, with its empty line. A field that would break the message (a line feed in it) is left out and
// logged: it is a bug of the handler's.
void append_reply_head(std::string& out, reply_head const& head);

}  // namespace krane::http
