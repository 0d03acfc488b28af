#include "streams/line_splitter.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/utf8.hpp"

namespace krane {
namespace {

// "2020-05-27T21:53:02.123456789+02:00"
constexpr std::size_t longest_time = 35;
// At which the engine begins a new record within a line.
constexpr std::size_t record_limit = 16 * 1024;

std::size_t length_by_lead(unsigned char lead) {
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// Where to cut so that no character is taken apart: the end, or before a character that is not complete yet.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    auto const byte = static_cast<unsigned char>(text[text.size() - back]);
    bool const continues = (byte & 0xC0) == 0x80;
    if (!continues) return length_by_lead(byte) > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

void line_splitter::begin_record(half& h, bool is_error, std::vector<output_line>& out) {
  std::string_view nothing;
  if (h.at_record_start && !h.head.empty()) read_head(h, nothing, true, is_error, out);
  h.at_record_start = true;
  h.is_known_record = true;
}

// Takes bytes until it is known whether the record begins with a time.
void line_splitter::read_head(half& h, std::string_view& bytes, bool is_last, bool is_error,
                              std::vector<output_line>& out) {
  while (!bytes.empty() && h.head.size() <= longest_time && bytes.front() != ' ' && bytes.front() != '\n') {
    h.head += bytes.front();
    bytes.remove_prefix(1);
  }
  if (bytes.empty() && h.head.size() <= longest_time && !is_last) return;
  bool const is_known_record = std::exchange(h.is_known_record, false);
  h.at_record_start = false;
  h.record_bytes = 0;
  if (!bytes.empty() && bytes.front() == ' ' && parse_rfc3339(h.head)) {
    bytes.remove_prefix(1);
    std::string time = std::move(h.head);
    if (is_known_record && h.has_line() && time != h.record_time) {
      // What the program wrote last before it ended had no line end.
      end_line(h, is_error, out);
      h.at_record_start = false;
    }
    if (!h.has_line()) h.time = time;
    h.record_time = std::move(time);
  } else {
    h.text += h.head;
    h.record_bytes = h.head.size();
  }
  h.head.clear();
}

void line_splitter::read_text(half& h, std::string_view& bytes, bool is_error, std::vector<output_line>& out) {
  std::size_t const line_end = bytes.find('\n');
  std::size_t const until_limit =
      std::min(record_limit - h.record_bytes, max_line_bytes - std::min(max_line_bytes, h.text.size()));
  std::size_t const length = std::min({line_end, until_limit, bytes.size()});
  h.text.append(bytes.substr(0, length));
  h.record_bytes += length;
  bytes.remove_prefix(length);
  if (length == line_end) {
    bytes.remove_prefix(1);
    end_line(h, is_error, out);
    return;
  }
  if (h.text.size() >= max_line_bytes) give_out(h, whole_characters(h.text), is_error, out);
  if (h.record_bytes == record_limit) h.at_record_start = true;
}

void line_splitter::give_out(half& h, std::size_t length, bool is_error, std::vector<output_line>& out) {
  out.push_back({std::exchange(h.time, {}), to_valid_utf8(std::string_view(h.text).substr(0, length)), is_error});
  h.text.erase(0, length);
  h.within_split_line = true;
}

void line_splitter::end_line(half& h, bool is_error, std::vector<output_line>& out) {
  if (h.text.ends_with('\r')) h.text.pop_back();
  // A line that was split exactly at its end has no rest.
  if (!h.within_split_line || !h.text.empty()) give_out(h, h.text.size(), is_error, out);
  h = half{};
}

std::vector<output_line> line_splitter::add(bool is_error, std::string_view bytes, bool begins_record) {
  half& h = halves_[is_error ? 1 : 0];
  std::vector<output_line> out;
  if (begins_record) begin_record(h, is_error, out);
  while (!bytes.empty()) {
    if (h.at_record_start)
      read_head(h, bytes, false, is_error, out);
    else
      read_text(h, bytes, is_error, out);
  }
  return out;
}

std::vector<output_line> line_splitter::finish() {
  std::vector<output_line> out;
  for (bool const is_error : {false, true}) {
    half& h = halves_[is_error ? 1 : 0];
    std::string_view nothing;
    if (h.at_record_start && !h.head.empty()) read_head(h, nothing, true, is_error, out);
    if (!h.text.empty() || !h.time.empty()) end_line(h, is_error, out);
    h = half{};
  }
  return out;
}

}  // namespace krane
