#include "client/sse_reader.hpp"

#include <utility>

namespace krane::client {

result<std::vector<sse_event>> sse_reader::feed(std::string_view bytes) {
  std::vector<sse_event> out;
  while (!bytes.empty()) {
    if (std::exchange(skip_newline_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    auto const end = bytes.find_first_of("\r\n");
    line_ += bytes.substr(0, end);
    if (line_.size() + event_.data.size() > max_event_bytes)
      return make_error(errc::too_large, "an event of the stream is longer than any that a krane server sends");
    if (end == bytes.npos) break;
    skip_newline_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(out);
  }
  return out;
}

void sse_reader::end_line(std::vector<sse_event>& out) {
  std::string const whole = std::exchange(line_, {});
  std::string_view line = whole;
  if (std::exchange(at_start_, false) && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  if (line.empty()) {
    if (has_data_ || !event_.name.empty()) out.push_back(std::move(event_));
    event_ = {};
    has_data_ = false;
    return;
  }
  auto const colon = line.find(':');
  std::string_view const field = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += value;
  } else if (field == "event") {
    event_.name = value;
  } else if (field == "id" && !value.contains('\0')) {
    event_.id = value;
  }
}

}  // namespace krane::client
