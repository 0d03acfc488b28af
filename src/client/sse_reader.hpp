#pragma once
// Takes server-sent events apart as they come in, in whatever pieces. No I/O.
//
// Source: WHATWG HTML, "Server-sent events", but for two things: an event without data is given too if it has a name,
//         and an event's id is its own, never the one before.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace krane::client {

struct sse_event {
  std::string name;  // empty: an unnamed one
  std::string id;
  std::string data;  // its lines joined by '\n'
  friend bool operator==(sse_event const&, sse_event const&) = default;
};

class sse_reader {
public:
  static constexpr std::size_t max_event_bytes = 4 * 1024 * 1024;

  // The events that are complete now. errc::too_large.
  result<std::vector<sse_event>> feed(std::string_view bytes);

private:
  void end_line(std::vector<sse_event>& out);

  std::string line_;
  sse_event event_;
  bool has_data_ = false;
  bool skip_newline_ = false;  // the '\n' of a "\r\n" is still to come
  bool at_start_ = true;
};

}  // namespace krane::client
