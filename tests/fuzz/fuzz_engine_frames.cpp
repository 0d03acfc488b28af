// What an engine sends, whole and cut into pieces: output frames, JSON lines, chunks, and the answers in them. However
// the bytes are cut, the outcome is the same.
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/answers.hpp"
#include "engine/chunk_decoder.hpp"
#include "engine/failures.hpp"
#include "engine/frame_parser.hpp"
#include "engine/image_answers.hpp"
#include "engine/json_lines.hpp"
#include "engine/pull_reader.hpp"
#include "fuzz/property.hpp"

namespace {

using namespace krane;
using krane::test::must_hold;

struct outcome {
  bool fine = true;
  std::string text;
  friend bool operator==(outcome const&, outcome const&) = default;
};

outcome frames(std::string_view bytes, std::size_t step) {
  docker::frame_parser parser;
  std::deque<log_chunk> out;
  outcome seen;
  for (; seen.fine && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size())))
    seen.fine = static_cast<bool>(parser.add(bytes.substr(0, step), out));
  for (auto const& chunk : out) seen.text += (chunk.source == log_source::out ? 'o' : 'e') + chunk.bytes;
  return seen;
}

outcome lines(std::string_view bytes, std::size_t step) {
  docker::json_line_splitter splitter;
  outcome seen;
  for (; seen.fine && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    auto const more = splitter.add(bytes.substr(0, step));
    seen.fine = static_cast<bool>(more);
    if (more)
      for (auto const& line : *more) seen.text += line + "\n";
  }
  seen.text += splitter.finish();
  return seen;
}

outcome chunks(std::string_view bytes, std::size_t step) {
  docker::chunk_decoder decoder;
  outcome seen;
  for (; seen.fine && !decoder.done() && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size())))
    seen.fine = static_cast<bool>(decoder.add(bytes.substr(0, step), seen.text));
  return seen;
}

void answers(std::string_view bytes) {
  static_cast<void>(docker::read_container(bytes));
  static_cast<void>(docker::read_container_list(bytes));
  static_cast<void>(docker::read_image(bytes));
  static_cast<void>(docker::read_version(bytes));
  static_cast<void>(docker::read_network_list(bytes));
  static_cast<void>(docker::read_event(bytes));
  std::string const message = docker::read_message(bytes);
  must_hold(message.find_first_of("\r\n") == std::string::npos, "a message is one line");
  must_hold(!docker::pull_failure(500, message, "x").reason.empty(), "a failure has a reason");
  docker::pull_reader reader;
  auto const progress = reader.add(bytes);
  if (progress && *progress)
    must_hold((*progress)->done_bytes <= (*progress)->total_bytes, "no more is done than there is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size == 0) return 0;
  std::size_t const step = data[0] % 17 + 1U;
  std::string_view const bytes = krane::test::as_text(data, size).substr(1);
  must_hold(frames(bytes, bytes.size() + 1) == frames(bytes, step), "frames do not depend on the cuts");
  must_hold(lines(bytes, bytes.size() + 1) == lines(bytes, step), "lines do not depend on the cuts");
  must_hold(chunks(bytes, bytes.size() + 1) == chunks(bytes, step), "chunks do not depend on the cuts");
  answers(bytes);
  return 0;
}
